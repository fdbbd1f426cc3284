"""Limits on what a feature file may ask for: hostile text ends in an error that names the limit."""

from __future__ import annotations

FILE_CHARACTERS = 16_000_000
FILE_DEPTH = 32
FILE_NODES = 1_000_000
SCRIPT_CHARACTERS = 1_000_000
SCRIPT_DEPTH = 100
SCRIPT_NODES = 250_000
LIST_LENGTH = 100_000
TEXT_GROWTH = 1_000
TEXT_UNIT = 10_000
CROSS_COMBINATIONS = 1_024
FEATURES = 10_000
