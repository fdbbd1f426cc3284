"""A sample of any data as tables of its own, with a validation part split off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlp_train.tools.rows import open_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from mlp_train.data import Source

# One row in so many is for validation.
ONE_IN = 10
# A sample comes from at most so many row groups, spread evenly over the data.
_GROUPS = 64


def make_sample(data: Sequence[str], validation: Sequence[str], rows: int, folder: str) -> tuple[str, str]:
    """Publish about `rows` rows of `data` to learn and some to measure below the URI `folder`; returns both tables' URIs.

    Without `validation` a tenth of the rows is split off; a row's values alone decide on its side, so equal rows are on the same one.
    Raises TrainError where one side would be empty.
    """
    import numpy as np
    import pyarrow as pa

    from mlp_core.artifacts import storage
    from mlp_train.data.raw_rows import row_hashes
    from mlp_train.errors import TrainError

    source = open_rows(data)
    learned = _sample(source, rows, "--data")
    if validation:
        other = open_rows(validation, "--validation")
        measured, plan = _sample(other, rows, "--validation"), other.plan
    else:
        held = np.concatenate([np.zeros(0, np.bool_), *(row_hashes(batch) % np.uint64(ONE_IN) == 0 for batch in learned.to_batches())])
        learned, measured, plan = learned.filter(pa.array(~held)), learned.filter(pa.array(held)), source.plan
    for name, table in (("to learn from", learned), ("to measure on", measured)):
        if not table.num_rows:
            raise TrainError(f"the sample has no row {name}; give more data, or --validation")
    uris = storage.join(folder, "train"), storage.join(folder, "validation")
    for uri, table, its_plan in zip(uris, (learned, measured), (source.plan, plan), strict=True):
        _publish(uri, table, its_plan)
    return uris


def _publish(uri: str, table: pa.Table, plan: str | None) -> None:
    from mlp_core.artifacts import resume

    with resume(uri, kind="table", step="sample") as attempt:
        attempt.plan = plan
        attempt.write_table(table)


def _sample(source: Source, rows: int, field: str) -> pa.Table:
    """All rows where there are no more than `rows`, otherwise so many, evenly spread over row groups that are evenly spread."""
    import pyarrow as pa

    from mlp_train.errors import TrainError

    parts = list(_pieces(source, rows, field))
    try:
        return pa.concat_tables([source.schema.empty_table(), *(part.cast(source.schema) for part in parts)]).combine_chunks()
    except (pa.ArrowInvalid, ValueError) as error:
        raise TrainError(f"{field}: the files differ in their columns ({error}); give files of one schema") from error


def _pieces(source: Source, rows: int, field: str) -> Iterator[pa.Table]:
    import numpy as np
    import pyarrow as pa

    from mlp_train.data import files_of
    from mlp_train.data.files import open_parquet

    groups = []
    for uri in files_of(source.parts):
        file = open_parquet(uri, field)
        groups += [(uri, number, file.metadata.row_group(number).num_rows) for number in range(file.metadata.num_row_groups)]
        file.close(force=True)
    groups = [group for group in groups if group[2]]
    if sum(count for _, _, count in groups) > rows and len(groups) > _GROUPS:
        groups = [groups[place] for place in np.linspace(0, len(groups) - 1, _GROUPS).astype(int)]
    left = rows
    for place, (uri, number, count) in enumerate(groups):
        # What small groups lack of their share, the later ones make up for.
        share = min(count, -(-left // (len(groups) - place)))
        file = open_parquet(uri, field)
        table = file.read_row_group(number, columns=source.schema.names)
        file.close(force=True)
        if share:
            yield table.take(pa.array(np.linspace(0, count - 1, share).astype(np.int64)))
        left -= share
