"""The subcommands of `mlp`, one file each, imported when they are called."""
