"""Compiled loops over texts' bytes. Columns of one row stand for constants where ``out`` is longer."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.jit import B1, I64, OUT_B1, OUT_I64, OUT_U8, U8, b1, i64, kernel, void


@kernel(void, I64, I64, U8, I64, I64, U8, OUT_I64)
def compare(starts: Any, lengths: Any, data: Any, other_starts: Any, other_lengths: Any, other: Any, out: Any) -> None:
    """-1, 0 or 1: order of bytes, which for UTF-8 is the order of code points."""
    left_step = 0 if len(starts) == 1 else 1
    right_step = 0 if len(other_starts) == 1 else 1
    for row in range(len(out)):
        a, b = row * left_step, row * right_step
        common = min(lengths[a], other_lengths[b])
        order = 0
        for index in range(common):
            left, right = data[starts[a] + index], other[other_starts[b] + index]
            if left != right:
                order = -1 if left < right else 1
                break
        if order == 0 and lengths[a] != other_lengths[b]:
            order = -1 if lengths[a] < other_lengths[b] else 1
        out[row] = order


@kernel(i64, U8, i64, i64, U8, i64, i64)
def _find(data: Any, start: Any, end: Any, part: Any, part_start: Any, part_length: Any) -> Any:
    for at in range(start, end - part_length + 1):
        same = True
        for index in range(part_length):
            if data[at + index] != part[part_start + index]:
                same = False
                break
        if same:
            return at
    return -1


@kernel(void, I64, I64, U8, I64, I64, U8, OUT_B1)
def contains(starts: Any, lengths: Any, data: Any, part_starts: Any, part_lengths: Any, parts: Any, out: Any) -> None:
    """Whether a part that is not empty stands in a text."""
    step = 0 if len(starts) == 1 else 1
    part_step = 0 if len(part_starts) == 1 else 1
    for row in range(len(out)):
        a, b = row * step, row * part_step
        if part_lengths[b] == 0:
            out[row] = False
        else:
            end = starts[a] + lengths[a]
            out[row] = _find(data, starts[a], end, parts, part_starts[b], part_lengths[b]) >= 0


@kernel(void, I64, I64, U8, U8, OUT_I64)
def count_parts(starts: Any, lengths: Any, data: Any, separator: Any, out: Any) -> None:
    """How many parts each text splits into; an empty one into none."""
    width = len(separator)
    for row in range(len(out)):
        end, parts = starts[row] + lengths[row], 0
        if lengths[row] > 0:
            parts = 1
            at = _find(data, starts[row], end, separator, 0, width)
            while at >= 0:
                parts += 1
                at = _find(data, at + width, end, separator, 0, width)
        out[row] = parts


@kernel(void, I64, I64, U8, U8, OUT_I64, OUT_I64)
def split_parts(starts: Any, lengths: Any, data: Any, separator: Any, part_starts: Any, part_lengths: Any) -> None:
    """Where the parts lie, all texts' one after another."""
    width, part = len(separator), 0
    for row in range(len(starts)):
        if lengths[row] == 0:
            continue
        start, end = starts[row], starts[row] + lengths[row]
        at = _find(data, start, end, separator, 0, width)
        while at >= 0:
            part_starts[part] = start
            part_lengths[part] = at - start
            part += 1
            start = at + width
            at = _find(data, start, end, separator, 0, width)
        part_starts[part] = start
        part_lengths[part] = end - start
        part += 1


@kernel(void, I64, I64, U8, OUT_I64)
def code_points(starts: Any, lengths: Any, data: Any, out: Any) -> None:
    """How many bytes begin a code point."""
    for row in range(len(out)):
        points = 0
        for at in range(starts[row], starts[row] + lengths[row]):
            if data[at] & 0xC0 != 0x80:
                points += 1
        out[row] = points


@kernel(void, I64, I64, U8, I64, i64, OUT_U8)
def copy_texts(starts: Any, lengths: Any, data: Any, targets: Any, rows: Any, out: Any) -> None:
    """Copies text i to ``out[targets[i]:]``."""
    step = 0 if len(starts) == 1 else 1
    for row in range(rows):
        at = row * step
        for index in range(lengths[at]):
            out[targets[row] + index] = data[starts[at] + index]


@kernel(b1, i64)
def _blank(letter: Any) -> Any:
    return letter == 32 or 9 <= letter <= 13


@kernel(void, I64, I64, U8, OUT_I64, OUT_I64)
def trim(starts: Any, lengths: Any, data: Any, new_starts: Any, new_lengths: Any) -> None:
    """Narrows texts to what lies between blanks at their ends."""
    for row in range(len(starts)):
        start, end = starts[row], starts[row] + lengths[row]
        while start < end and _blank(data[start]):
            start += 1
        while start < end and _blank(data[end - 1]):
            end -= 1
        new_starts[row] = start
        new_lengths[row] = end - start


@kernel(void, I64, I64, U8, OUT_I64, OUT_B1)
def parse_ints(starts: Any, lengths: Any, data: Any, out: Any, bad: Any) -> None:
    """Decimal integers with a sign or none, of at most 19 digits, that fit in 64 bits; the others are bad."""
    for row in range(len(out)):
        at, end = starts[row], starts[row] + lengths[row]
        negative = False
        if at < end and (data[at] == 43 or data[at] == 45):
            negative = data[at] == 45
            at += 1
        value, wrong = 0, at == end or end - at > 19
        while at < end and not wrong:
            digit = data[at] - 48
            if digit < 0 or digit > 9 or value < -922337203685477580 or (value == -922337203685477580 and digit > 8):
                wrong = True
            else:
                value = value * 10 - digit  # negative, for the lowest integer has no positive counterpart
            at += 1
        if not wrong and not negative:
            wrong = value == -9223372036854775807 - 1
            value = -value
        out[row] = 0 if wrong else value
        bad[row] = wrong


@kernel(void, B1, I64, OUT_I64)
def count_true(flags: Any, offsets: Any, out: Any) -> None:
    """How many flags are set in each list."""
    for row in range(len(out)):
        found = 0
        for at in range(offsets[row], offsets[row + 1]):
            if flags[at]:
                found += 1
        out[row] = found
