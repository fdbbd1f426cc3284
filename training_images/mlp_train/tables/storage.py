"""Where the rows of all tables lie: one array of values and one for each slot of the optimizer, and slabs of pages for rows to come."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from mlp_train.tables.kernels.rows import PAGE_ROWS

Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.int64]

# The plane of the rows themselves, among those of the optimizer's slots.
VALUES = ""
# Growing tables keep row numbers in 32 bits.
_MOST_PAGES = 2**32 // PAGE_ROWS
_LEAST_SLAB = 16
_LARGE_PAGE = 1 << 21


def address(array: npt.NDArray[np.generic]) -> int:
    """Where an array's first element lies."""
    return int(array.__array_interface__["data"][0])


def zeros(count: int) -> Words:
    """Zeros at an address that the system's large pages begin at, so that random access to them needs few translations.

    NumPy asks for large pages from 4 MB on, but begins its arrays anywhere: of one that is just as long, half would be in small pages.
    """
    if 8 * count < _LARGE_PAGE:
        return np.zeros(count, dtype=np.int64)
    whole = np.zeros(count + _LARGE_PAGE // 8, dtype=np.int64)
    skip = -address(whole) % _LARGE_PAGE // 8
    return whole[skip : skip + count]


def pages_of(array: Floats) -> Words:
    """The addresses of the pages of rows that lie one after the other. array: (rows, width), contiguous."""
    firsts = np.arange(0, len(array), PAGE_ROWS, dtype=np.int64)
    pages: Words = address(array) + firsts * (4 * array.shape[1])
    return pages


class Plane:
    """One kind of floats of all rows: values, or a slot. fixed: (rows, width) of the fixed tables; pages: (pages,) addresses."""

    def __init__(self, rows: int, width: int, zeros: bool) -> None:
        self.width = width
        # Zeros come from the system page by page as they are touched, so they cost nothing here.
        self.fixed: Floats = (np.zeros if zeros else np.empty)((rows, width), dtype=np.float32)
        self.pages = pages_of(self.fixed)
        self._slabs: list[Floats] = []

    def extend(self, pages: int) -> None:
        """Add pages, their rows unset."""
        slab = np.empty((pages * PAGE_ROWS, self.width), dtype=np.float32)
        self._slabs.append(slab)
        self.pages = np.concatenate([self.pages, pages_of(slab)])


class Storage:
    """All rows of a model's tables. planes: values, then the optimizer's two slots, of width 0 where it has fewer."""

    def __init__(self, rows: int, widths: tuple[int, int, int]) -> None:
        self.planes = tuple(Plane(rows, width, zeros=at > 0) for at, width in enumerate(widths))
        self.widths = np.array(widths, dtype=np.int64)
        self._free = self._pages = len(self.planes[0].pages)
        self._lock = threading.Lock()

    @property
    def pages(self) -> tuple[Words, Words, Words]:
        """The planes' pages, for kernels."""
        values, first, second = self.planes
        return values.pages, first.pages, second.pages

    def page(self) -> Words:
        """The row numbers of a page that is nobody's yet, unset. A slab has an eighth of all pages, so few are made and little is idle.

        Raises MemoryError beyond 2^32 rows.
        """
        with self._lock:
            if self._free == self._pages:
                more = max(_LEAST_SLAB, self._pages // 8)
                if self._pages + more > _MOST_PAGES:
                    raise MemoryError("growing tables have no room for more than 2^32 rows together; set max_rows, or admit_after higher")
                for plane in self.planes:
                    plane.extend(more)
                self._pages += more
            self._free += 1
            return np.arange((self._free - 1) * PAGE_ROWS, self._free * PAGE_ROWS, dtype=np.int64)
