"""How many different values there are, in a memory that does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EXACT = 50_000
"""Different values up to which the count is exact."""

LOG2_REGISTERS = 14
"""HyperLogLog's registers: the relative standard error is 1.04 / √2¹⁴ = 0.8 %."""


class Distinct:
    """Counts different 64-bit values: exactly up to ``exact``, above by HyperLogLog (Apache DataSketches).

    The same values in the same batches give the same estimate. Source: Flajolet, Fusy, Gandouet, Meunier,
    "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", AofA 2007.
    """

    def __init__(self, exact: int = EXACT) -> None:
        self._exact = exact
        self._values: npt.NDArray[np.int64] | None = None
        self._sketch: Any = None

    @property
    def exact(self) -> bool:
        """Whether ``count`` is no estimate."""
        return self._sketch is None

    @property
    def count(self) -> int:
        """How many different values there were."""
        if self._sketch is not None:
            return round(float(self._sketch.get_estimate()))
        return 0 if self._values is None else len(self._values)

    def add(self, values: npt.NDArray[Any]) -> None:
        """Values of a batch, int64 or float64 (n,); floats are told apart by their bits, but -0.0 is 0.0."""
        import numpy as np

        if values.dtype.kind == "f":
            values = (values.astype(np.float64) + 0.0).view(np.int64)
        new = np.unique(values)
        if self._sketch is None:
            self._values = new if self._values is None else np.union1d(self._values, new)
            if len(self._values) <= self._exact:
                return
            import datasketches

            self._sketch = datasketches.hll_sketch(LOG2_REGISTERS, datasketches.tgt_hll_type.HLL_8)
            new, self._values = self._values, None
        for value in new.tolist():
            self._sketch.update(value)


def exact_among(counters: int) -> int:
    """Up to how many values each of so many counters may be exact, so that all of them together stay below 200 MB."""
    return max(1_000, min(EXACT, 25_000_000 // max(1, counters)))


def shared_share(values: int, buckets: int) -> float:
    """Share of different values that are expected to share their bucket with another one.

    With D values hashed uniformly into m buckets a value stays alone with probability (1 - 1/m)^(D - 1); the share is what that
    leaves of 1. Source: the classical occupancy problem, W. Feller, "An Introduction to Probability Theory and Its
    Applications", volume 1, chapter II.5.
    """
    if values <= 1:
        return 0.0
    return 1.0 - (1.0 - 1.0 / buckets) ** (values - 1) if buckets > 1 else 1.0
