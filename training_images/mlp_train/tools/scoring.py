"""Rows and the entry of a bundle that scores them: raw columns or feature columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlp_train.errors import TrainError
from mlp_train.tools.rows import FIELD, batches

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mlp_core.bundle import Bundle
    from mlp_train.data import Source

    Scores = npt.NDArray[np.float32]


class Scored:
    """Rows that a model can score. entry: `raw` or `feature`, whichever the data has. Raises TrainError where it has neither."""

    def __init__(self, model: Bundle, source: Source) -> None:
        self._model, self.source = model, source
        names = set(source.schema.names)
        features = [feature.name for feature in model.info.features]
        lacks = [name for name in features if name not in names], [name for name in model.inputs if name not in names]
        plan = None if model.plan is None else model.plan.to_json()
        # Names of raw and feature columns may be the same, so a table of features is one whose plan says so, or that has nothing else.
        if not lacks[0] and (plan is None or source.plan == plan or (lacks[1] and source.plan is None)):
            self.entry, self._score = "feature", model.score_features
        elif plan is not None and not lacks[1]:
            self.entry, self._score = "raw", model.score_raw
        elif not lacks[0]:
            raise TrainError(f"{FIELD}: these features are of another plan than the bundle's; give raw rows, or compute them anew")
        else:
            missing = min((each for each in lacks if each), key=len)
            raise TrainError(f"{FIELD} lacks column(s) {', '.join(missing)} that the bundle reads; it has {', '.join(sorted(names))}")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, a few thousand at a time, none empty."""
        return (batch for batch in batches(self.source) if batch.num_rows)

    def score(self, batch: pa.RecordBatch) -> Scores:
        """Probabilities: (n,), or (n, tasks)."""
        return self._score(batch)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of score columns: one per task."""
        labels = self._model.info.labels
        return ("score",) if len(labels) == 1 else tuple(f"score_{label}" for label in labels)
