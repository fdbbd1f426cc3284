"""Some rows of a Batch as a Batch."""

from __future__ import annotations

import numpy as np

from mlp_train.data.batches import Batch, Ids, Lists


def take(rows: Batch, places: Ids) -> Batch:
    """The rows at `places`, in that order, copied. A place is a row number from 0; the same may stand there again."""
    return Batch(
        ids=rows.ids.take(places, axis=0),
        lists=tuple(_take_lists(lists, places) for lists in rows.lists),
        dense=rows.dense.take(places, axis=0),
        labels=rows.labels.take(places, axis=0),
        weights=None if rows.weights is None else rows.weights.take(places),
        groups=None if rows.groups is None else rows.groups.take(places),
    )


def between(rows: Batch, first: int, last: int) -> Batch:
    """Rows `first` to `last` (not included), not copied but for the offsets of lists."""
    return Batch(
        ids=rows.ids[first:last],
        lists=tuple(_lists_between(lists, first, last) for lists in rows.lists),
        dense=rows.dense[first:last],
        labels=rows.labels[first:last],
        weights=None if rows.weights is None else rows.weights[first:last],
        groups=None if rows.groups is None else rows.groups[first:last],
    )


def _take_lists(lists: Lists, places: Ids) -> Lists:
    first = lists.offsets.take(places)
    lengths = lists.offsets.take(places + 1) - first
    offsets = np.zeros(len(places) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    # Where each value stood: its place in the result, moved by what lies between the list's old and new beginning.
    moved = np.repeat(first - offsets[:-1], lengths)
    moved += np.arange(len(moved))
    return Lists(lists.ids.take(moved), offsets)


def _lists_between(lists: Lists, first: int, last: int) -> Lists:
    offsets = lists.offsets[first : last + 1]
    return Lists(lists.ids[offsets[0] : offsets[-1]], offsets - offsets[0])
