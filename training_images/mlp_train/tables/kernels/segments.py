"""A segment: the ids of one column in one batch, and where its rows and vectors lie. One line of an int64 matrix that kernels read.

A place is one id: the i-th row's for an id column, an element of a list column.
"""

from __future__ import annotations

# Number of the column's table.
TABLE = 0
# ID, MEAN or SEQUENCE.
KIND = 1
# How many places.
COUNT = 2
# Address of the first id, and int64 words from one id to the next.
IDS = 3
IDS_STEP = 4
# Address of a list column's offsets.
OFFSETS = 5
# Address of the places' row numbers (int64), which are found by `locate`.
ROWS = 6
# Address of the vector of the first row (or of its first place), and floats from row to row. For an update: of the gradients.
VECTORS = 7
VECTORS_STEP = 8
# Address of a sequence's mask, and the places of a row in it.
MASK = 9
LENGTH = 10
FIELDS = 11

ID, MEAN, SEQUENCE = 0, 1, 2
