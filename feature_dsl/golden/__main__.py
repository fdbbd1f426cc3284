"""Checks the golden plans of this package: exit code 0 where all results are equal bit by bit."""

from __future__ import annotations

import sys

from feature_dsl.golden.check import check_all

if __name__ == "__main__":
    problems = check_all()
    sys.stdout.write("\n".join(problems) + "\n" if problems else "golden plans: all results equal\n")
    sys.exit(1 if problems else 0)
