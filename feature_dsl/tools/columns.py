"""Statistics of raw columns, from which a first feature file is written. Batch by batch, memory does not grow with the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feature_dsl.tools.distinct import Distinct, exact_among
from feature_dsl.types import Type, from_arrow

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

SEPARATORS = ("|", ";", ",")
WORDS = 1_000
QUANTILES = 10
_DIGEST = 2_000


@dataclass
class ColumnStatistics:
    """A column's running totals.

    :param name: its name.
    :param arrow: its Arrow type as text.
    :param type: its type in the language, None where it has none.
    :param present: rows that are neither null, NaN nor "" (a list: not empty).
    :param words: how often each value stands there, None once there are more than ``WORDS``.
    :param parts: by separator, different parts of the texts split by it; of a list column under "" its elements.
    :param containing: by separator, texts that hold it.
    :param longest: by separator, most parts of one text; of a list column under "" its longest list.
    """

    name: str
    arrow: str
    type: Type | None
    rows: int = 0
    present: int = 0
    distinct: Distinct = field(default_factory=Distinct)
    words: Counter[Any] | None = field(default_factory=Counter)
    parts: dict[str, Distinct] = field(default_factory=dict)
    containing: Counter[str] = field(default_factory=Counter)
    longest: dict[str, int] = field(default_factory=dict)
    shortest: int | None = None
    _digest: Any = None

    @classmethod
    def of(cls, column: pa.Field, columns: int = 1) -> ColumnStatistics:
        """Those of one of so many columns, of which nothing was read yet."""
        return cls(column.name, str(column.type), from_arrow(column.type), distinct=Distinct(exact_among(columns)))

    def add(self, array: pa.Array) -> None:
        """Takes a batch of the column in."""
        import pyarrow as pa

        self.rows += len(array)
        if self.type is None:
            self.present += len(array) - array.null_count
            return
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        _ADDERS["list" if self.type.is_list else self.type.name](self, array)

    def quantiles(self) -> list[float]:
        """Rising quantiles of a number column above its least value, at most ``QUANTILES`` - 1 of them."""
        if self._digest is None:
            return []
        low = self._digest.get_min_value()
        cuts = sorted({_rounded(self._digest.get_quantile(rank / QUANTILES)) for rank in range(1, QUANTILES)})
        return [cut for cut in cuts if cut > low] or [self._digest.get_max_value()]

    def add_texts(self, array: pa.Array) -> None:
        """Texts: words, and parts by separator."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from feature_dsl.hashing import hash_strings

        texts = array.filter(pc.fill_null(pc.not_equal(array, pa.scalar("", array.type)), False))
        self.present += len(texts)
        self.distinct.add(hash_strings(texts).view("int64"))
        self._count(texts)
        for separator in SEPARATORS:
            holding = int(pc.sum(pc.match_substring(texts, separator)).as_py() or 0)
            if holding == 0 and separator not in self.parts:
                continue
            self.containing[separator] += holding
            split = pc.split_pattern(texts, separator)
            pieces = split.flatten()
            self.parts.setdefault(separator, Distinct()).add(hash_strings(pieces).view("int64"))
            self.longest[separator] = max(self.longest.get(separator, 1), pc.max(pc.list_value_length(split)).as_py() or 1)

    def add_numbers(self, array: pa.Array) -> None:
        """Integers and floats: words and quantiles."""
        import datasketches
        import numpy as np
        import pyarrow.compute as pc

        present = pc.drop_null(array)
        numbers: npt.NDArray[Any] = present.to_numpy(zero_copy_only=False)
        finite = numbers[np.isfinite(numbers)]
        self.present += len(numbers) - int(np.isnan(numbers).sum())
        if not len(finite):
            return
        wide = finite.astype(np.int64) if finite.dtype.kind in "iu" else finite.astype(np.float64)
        self.distinct.add(wide)
        if finite.dtype.kind in "iu":
            self._count(present)
        if self._digest is None:
            self._digest = datasketches.tdigest_double(_DIGEST)
        self._digest.update(wide.astype(np.float64))

    def add_flags(self, array: pa.Array) -> None:
        """Bools."""
        import pyarrow.compute as pc

        present = pc.drop_null(array)
        self.present += len(present)
        self.distinct.add(present.cast("int8").to_numpy().astype("int64"))

    def add_lists(self, array: pa.Array) -> None:
        """Lists: their lengths, and their elements under the separator ""."""
        import pyarrow.compute as pc

        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        self.present += int((lengths > 0).sum())
        if not len(lengths):
            return
        self.longest[""] = max(self.longest.get("", 0), int(lengths.max()))
        shortest = int(lengths.min())
        self.shortest = shortest if self.shortest is None else min(shortest, self.shortest)
        inside = ColumnStatistics(self.name, "", self.type.element if self.type else None)
        inside.words, inside.distinct = None, self.parts.setdefault("", Distinct())
        inside.add(array.flatten())

    def _count(self, values: pa.Array) -> None:
        import pyarrow.compute as pc

        if self.words is None:
            return
        counts = pc.value_counts(values)
        if len(counts) > WORDS:
            self.words = None
            return
        try:
            self.words.update({entry["values"]: entry["counts"] for entry in counts.to_pylist()})
        except UnicodeDecodeError:
            self.words = None
        if self.words is not None and len(self.words) > WORDS:
            self.words = None


_ADDERS = {
    "utf8": ColumnStatistics.add_texts,
    "int64": ColumnStatistics.add_numbers,
    "float64": ColumnStatistics.add_numbers,
    "bool": ColumnStatistics.add_flags,
    "list": ColumnStatistics.add_lists,
}


def _rounded(value: float) -> float:
    """Three significant digits, which is as much as a quantile of a sample is worth."""
    return float(f"{value:.3g}")
