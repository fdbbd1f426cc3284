"""The few bytes of a text as one word, without a loop or a branch by its length: for hashes and tables of short texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.machine.memory import load_u64
from feature_dsl.machine.registers import always_inline

_PAGE, _WIDTH = 4096, 8


@always_inline
def short_word(address: Any, count: Any, safe: Any) -> Any:
    """``count`` (0 to 8) bytes as a little-endian word (uint64), zeros above them.

    Eight bytes are read, those behind the text too, but none of another page than the text's: memory ends with a page.

    :param safe: an address with eight bytes that may be read where ``count`` is 0; a multiple of 8.
    """
    begin = address if count != 0 else safe
    shift = np.uint64((_WIDTH - count) * 8 & 63)
    inside = begin & (_PAGE - 1) <= _PAGE - _WIDTH
    word = load_u64(begin) << shift >> shift if inside else load_u64(begin + count - _WIDTH) >> shift
    return word if count != 0 else np.uint64(0)


@always_inline
def both_ends(address: Any, length: Any, safe: Any) -> Any:
    """The first and the last eight bytes of a text as words; of a shorter text both are all of it, as ``short_word`` gives it."""
    head, begin = min(length, _WIDTH), address if length != 0 else safe
    shift = np.uint64((_WIDTH - head) * 8 & 63)
    if begin & (_PAGE - 1) <= _PAGE - _WIDTH:
        first, last = load_u64(begin) << shift >> shift, load_u64(begin + max(length, _WIDTH) - _WIDTH) << shift >> shift
    else:
        first, last = load_u64(begin + head - _WIDTH) >> shift, load_u64(begin + length - _WIDTH) >> shift
    nothing = np.uint64(0)
    return first if length != 0 else nothing, last if length != 0 else nothing
