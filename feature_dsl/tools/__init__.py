"""Tools for people who write feature files: check, show, run, profile, diff, stats, init. The command line calls them."""
