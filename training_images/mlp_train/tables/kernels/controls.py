"""What a growing table consists of: one line of an int64 matrix that kernels read and write.

Its keys lie in an open-addressing map of two words a slot: the key (0: empty), and the row number with a mark above it. Ids that wait to be
admitted lie in another one of a word a slot: the upper 56 bits of the id's hash, and how often it was seen in the lower 8.
"""

from __future__ import annotations

# The map: its address, log2 of its slots, keys in it, and how many it takes before it must grow.
MAP = 0
BITS = 1
USED = 2
LIMIT = 3
# Row number of the shared row: of id 0, and of all ids without a row.
SHARED = 4
# A stack of row numbers to give away: its address and height.
SPARE = 5
SPARES = 6
# Ids that wait: address, log2 of the slots, slots that are not empty, those that count, and how many may.
WAITING = 7
WAITING_BITS = 8
OCCUPIED = 9
LIVE = 10
MOST_LIVE = 11
# After how many times an id is given a row.
ADMIT = 12
# What marks are: UNMARKED, AGE (the step that saw the key last) or USES; and the step that is now.
MARKING = 13
NOW = 14
# The table's seed.
SEED = 15
# Its segments, and the segment and place that are next.
STOP = 16
SEGMENT = 17
PLACE = 18
# Why the kernel stopped early.
NEED = 19
FIELDS = 20

UNMARKED, AGE, USES = 0, 1, 2
NOTHING, MAP_ROOM, ROWS, WAITING_ROOM, SWEEP = 0, 1, 2, 3, 4
ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1
COUNT_MASK = 255
