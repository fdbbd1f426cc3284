"""Rows for the tools: Parquet and CSV files, read batch by batch so that memory does not grow with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.types import Type, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.plan.plan import Plan

BATCH_ROWS = 65_536
_CELLS = 8_000_000
_PARQUET = (".parquet", ".pq")
_CSV = (".csv", ".csv.gz")
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Data:
    """A table that can be read more than once.

    :param name: what it is called in messages.
    :param schema: its columns.
    :param read: its rows as batches of at most ``BATCH_ROWS``, only the columns named, None for all.
    """

    name: str
    schema: pa.Schema
    read: Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]

    def batches(self, columns: Sequence[str] | None = None, most: int | None = None) -> Iterator[pa.RecordBatch]:
        """Batches of the first ``most`` rows, or of all."""
        left = most
        for batch in self.read(columns):
            for start in range(0, batch.num_rows, BATCH_ROWS):
                part = batch.slice(start, BATCH_ROWS if left is None else min(left, BATCH_ROWS))
                yield part
                if left is not None:
                    left -= part.num_rows
                    if left <= 0:
                        return


def open_data(path: str | Path, types: Mapping[str, Type] | None = None) -> Data:
    """The rows of a Parquet or CSV file, or of all such files of one kind below a folder, in the order of their names.

    :param types: types of columns for CSV, whose own are guesses from the first rows.
    :raises FeatureError: where there is no such file, or it cannot be read.
    """
    files = _files(Path(path))
    reader: _Parquet | _Csv = _Csv(files, types or {}) if files[0].name.endswith(_CSV) else _Parquet(files)
    return Data(str(path), reader.schema(), reader.read)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if not path.name.endswith(_PARQUET + _CSV):
            raise FeatureError(f"{path.name!r} is no table", file=str(path), hint="Parquet (.parquet) and CSV (.csv, .csv.gz) are read")
        return [path]
    if not path.is_dir():
        raise FeatureError("there is no such file or folder", file=str(path))
    inside = sorted(file for file in path.rglob("*") if file.is_file() and not _hidden(file.relative_to(path)))
    for endings in (_PARQUET, _CSV):
        found = [file for file in inside if file.name.endswith(endings)]
        if found:
            return found
    raise FeatureError("the folder holds no Parquet and no CSV files", file=str(path))


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


@dataclass(frozen=True, slots=True)
class _Parquet:
    files: list[Path]

    def schema(self) -> pa.Schema:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.read_schema(self.files[0])
        except (pa.ArrowException, OSError) as problem:
            raise _unreadable(self.files[0], problem) from None

    def read(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = _selected(self.schema(), columns)
        for file in self.files:
            try:
                with pq.ParquetFile(file, pre_buffer=False) as table:
                    for batch in table.iter_batches(_rows(len(schema)), columns=schema.names):
                        yield batch.select(schema.names).cast(schema)
            except (pa.ArrowException, OSError, KeyError) as problem:
                raise _unreadable(file, problem) from None


@dataclass(frozen=True, slots=True)
class _Csv:
    files: list[Path]
    types: Mapping[str, Type]

    def schema(self) -> pa.Schema:
        with self._open(self.files[0], None) as reader:
            return reader.schema

    def read(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = _selected(self.schema(), columns)
        for file in self.files:
            with self._open(file, schema) as reader:
                try:
                    yield from reader
                except pa.ArrowException as problem:
                    raise _unreadable(file, problem, "say the column's type in the feature file, or give Parquet") from None

    def _open(self, file: Path, schema: pa.Schema | None) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        if schema is not None:
            types = {field.name: field.type for field in schema}
        else:
            # Only columns that are there: Arrow would take the others for new ones.
            types = {name: to_arrow(self.types[name]) for name in _header(file) if name in self.types and not self.types[name].is_list}
        try:
            return arrow_csv.open_csv(
                file,
                read_options=arrow_csv.ReadOptions(block_size=_BLOCK),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(column_types=types, include_columns=schema.names if schema is not None else None),
            )
        except (pa.ArrowException, OSError, KeyError) as problem:
            raise _unreadable(file, problem, "the first row has to hold the columns' names") from None


def _header(file: Path) -> list[str]:
    import pyarrow as pa

    try:
        with pa.input_stream(file) as source:
            line = source.read(_BLOCK).split(b"\n", 1)[0]
        return next(csv.reader(io.StringIO(line.decode("utf-8-sig"))), [])
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _unreadable(file, problem) from None


def _rows(columns: int) -> int:
    """Rows of a batch: fewer where a table has thousands of columns."""
    return max(1_024, min(BATCH_ROWS, _CELLS // max(1, columns)))


def _selected(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    import pyarrow as pa

    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


def _unreadable(file: Path, problem: Exception, hint: str | None = None) -> FeatureError:
    reason = str(problem).strip().splitlines()
    return FeatureError(f"the table cannot be read: {reason[0] if reason else type(problem).__name__}", file=str(file), hint=hint)


def fit(plan: Plan, data: Data) -> None:
    """Raises FeatureError where the table does not have the columns that a plan reads."""
    for column in plan.inputs:
        if column.name not in data.schema.names:
            message = f"the table has no column {column.name!r}, which the features read"
            raise FeatureError(message, file=data.name, hint=did_you_mean(column.name, data.schema.names))
