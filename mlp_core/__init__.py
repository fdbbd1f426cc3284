"""What every room shares: artifacts, specs, bundles and metrics. Light to import, and free of any framework."""
