"""`python -m mlp_train --job job.json`."""

from __future__ import annotations

import sys

from mlp_train.cli import main

if __name__ == "__main__":
    sys.exit(main())
