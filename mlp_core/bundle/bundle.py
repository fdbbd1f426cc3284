"""A model bundle in memory: the frozen plan, the tables and the network, with two entries, raw columns and feature columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.columns import read_columns
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import CHECK, TOLERANCE, ModelInfo
from mlp_core.bundle.lookup import Lookup
from mlp_core.bundle.network import Network
from mlp_core.bundle.tables import Rows

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl import Plan

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CheckRows:
    """The rows that a bundle brings to be compared with: raw columns (None where training data had none), feature columns, scores."""

    raw: pa.Table | None
    features: pa.Table
    scores: Scores


class Bundle:
    """A model that scores rows. `outside` counts, by feature, ids that their table does not have and that were given row 0.

    Calls from several threads at once give right scores; the counts may then miss some.
    """

    def __init__(
        self,
        info: ModelInfo,
        tables: Mapping[str, Rows],
        network: Network,
        plan: Plan | None = None,
        folder: Path | None = None,
    ) -> None:
        self.info = info
        self.plan = plan
        self.folder = folder
        self.tables = dict(tables)
        self._lookup = Lookup(info.features, tables)
        self._network = network
        unknown = set(network.inputs) - {item.name for item in info.inputs}
        if unknown:
            raise BundleError(f"dense.onnx wants inputs {sorted(unknown)} that model.json does not describe; export the bundle again")

    @property
    def inputs(self) -> dict[str, str]:
        """Raw columns that `score_raw` needs: their names, and types as the feature language spells them (`utf8`, `list<int64>`)."""
        return {column.name: column.type for column in self.info.raw}

    @property
    def outside(self) -> dict[str, int]:
        """By categorical feature: how many ids so far their table does not have."""
        return dict(self._lookup.outside)

    def score_raw(self, batch: pa.RecordBatch | pa.Table) -> Scores:
        """Probabilities for raw columns, transformed by the bundle's own plan: (n,) float32, (n, tasks) for several labels.

        A bundle without a plan was trained on columns as they are; then this is `score_features`. Raises BundleError, and
        FeatureError from the plan.
        """
        return self.score_features(batch if self.plan is None else self.plan.run(batch))

    def score_features(self, batch: pa.RecordBatch | pa.Table) -> Scores:
        """Probabilities for feature columns that the bundle's plan, or its equal, has computed: as `score_raw`."""
        columns = read_columns(batch, self.info.features)
        if batch.num_rows == 0:
            tasks = len(self.info.labels)
            return np.zeros((0,) if tasks == 1 else (0, tasks), dtype=np.float32)
        return self._network.run({item.name: self._lookup.build(item, columns) for item in self.info.inputs})

    def check_rows(self) -> CheckRows:
        """The rows of check.parquet."""
        import pyarrow.parquet as pq

        if self.folder is None:
            raise BundleError("this bundle was made in memory and has no check rows; load it from where it was written")
        return unpack_check(pq.read_table(self.folder / CHECK), self.info)

    def check(self) -> None:
        """Score the check rows, by features and, where they have them, raw columns. BundleError when a score differs by over 1e-5."""
        rows = self.check_rows()
        entries: list[tuple[str, Any, pa.Table | None]] = [
            ("score_features", self.score_features, rows.features),
            ("score_raw", self.score_raw, rows.raw),
        ]
        for name, entry, table in entries:
            if table is None:
                continue
            difference = np.abs(np.asarray(entry(table), dtype=np.float64) - rows.scores)
            worst = float(np.nan_to_num(difference, nan=np.inf).max(initial=0.0))
            if worst > TOLERANCE:
                raise BundleError(
                    f"{CHECK}: {name} differs by {worst:.3g} from the scores that were written (allowed {TOLERANCE}); do not deploy"
                    f" this bundle, and look for another version of numpy, onnxruntime or feature operations"
                )


def pack_check(raw: pa.Table | None, features: pa.Table, scores: Scores) -> pa.Table:
    """check.parquet's columns: `raw.<name>`, `feature.<name>` and `score` (a list per row for several tasks)."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for prefix, table in (("raw.", raw), ("feature.", features)):
        if table is not None:
            columns.update({prefix + name: table.column(name) for name in table.column_names})
    columns["score"] = pa.array(scores if scores.ndim == 1 else list(scores))
    return pa.table(columns)


def unpack_check(table: pa.Table, info: ModelInfo) -> CheckRows:
    """What `pack_check` has packed; BundleError when columns that the model reads are not there."""
    names = table.column_names
    wanted = [f"feature.{feature.name}" for feature in info.features] + ["score"]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise BundleError(f"{CHECK} lacks column(s) {', '.join(missing)}; export the bundle again")

    def part(prefix: str) -> pa.Table:
        chosen = [name for name in names if name.startswith(prefix)]
        return table.select(chosen).rename_columns([name.removeprefix(prefix) for name in chosen])

    scores = np.array(table.column("score").to_pylist(), dtype=np.float32)
    raw = part("raw.")
    return CheckRows(raw if raw.num_columns else None, part("feature."), scores)
