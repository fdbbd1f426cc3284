"""HivePartitionSensor: waits for partitions of a table and names them, copying nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseSensorOperator, PokeReturnValue

from airflow_mlp.operators.base import BadInput, begin_step, end_step
from airflow_mlp.partition import run_partition
from airflow_mlp.sensors.tables import FolderTable, MetastoreTable, Table
from mlp_core.artifacts import ArtifactError, Attempt, Entry, Identity, Input, Reuse
from mlp_core.artifacts.folders import folder_entry
from mlp_core.artifacts.partitions import PartitionFilter, PartitionRange, PartitionSelect, parse_filter
from mlp_core.home import warehouse as default_warehouse

if TYPE_CHECKING:
    import datetime as dt

    from airflow.sdk import Context

_VERSION = 1
_NAMED_IN_LOG = 3


class HivePartitionSensor(BaseSensorOperator):
    """Wait until a table's partitions are there, and hand out a reference that lists them with the files they have.

    A partition is there when its folder holds a data file (one whose name begins with neither `_` nor `.`). Without a metastore
    the folders are `<warehouse>/<table>/<column>=<value>/`.

    :param table: the table's name, `database.table` where it is not in the metastore's database `default`. (templated)
    :param partitions: which: `PartitionRange`, `PartitionSelect` or their JSON form, `{"partitionColumn": "dt", "valType":
        "range", "start": -90, "end": 0}`; None for a table without partitions, which is taken as a whole. (templated)
    :param metastore_conn_id: the Airflow connection of a Hive metastore that says where partitions lie. (templated)
    :param warehouse: URI of the folder of tables, where there is no metastore; default `[mlp] warehouse`, else a folder
        here. (templated)
    :param artifact_root: URI below which the reference is published. (templated)
    :param reuse: as for every operator here: "auto", "always" or "never".
    """

    template_fields: ClassVar[Sequence[str]] = ("table", "partitions", "metastore_conn_id", "warehouse", "artifact_root")  # type: ignore[misc]
    step_name: ClassVar[str] = "partitions"
    ui_color = "#f3ead7"

    def __init__(
        self,
        *,
        table: str,
        partitions: PartitionFilter | Mapping[str, Any] | str | None = None,
        metastore_conn_id: str | None = None,
        warehouse: str | None = None,
        artifact_root: str | None = None,
        reuse: Reuse = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        # Templates reach into plain dictionaries only.
        self.partitions = partitions.to_json() if isinstance(partitions, PartitionRange | PartitionSelect) else partitions
        self.metastore_conn_id = metastore_conn_id
        self.warehouse = warehouse
        self.artifact_root = artifact_root
        self.reuse = reuse

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once: the reference's URI if everything is there, else a line in the log that says what is not."""
        try:
            day = run_partition(context).date
            found = self._whole() if self.partitions is None else self._entries(parse_filter(self.partitions), day)
            missing = [name for name, entry in found.items() if entry is None]
            if missing:
                self._tell(missing, len(found))
                return PokeReturnValue(is_done=False)
            return PokeReturnValue(is_done=True, xcom_value=self._publish([entry for entry in found.values() if entry], context))
        except ArtifactError as error:
            raise BadInput(f"{type(self).__name__} {self.task_id!r}: {error}") from error

    def _entries(self, filter_: PartitionFilter, day: dt.date) -> dict[str, Entry | None]:
        names = filter_.names(day)
        located = self._table().partitions(names)
        return {name: folder_entry(name, located[name]) if name in located else None for name in names}

    def _whole(self) -> dict[str, Entry | None]:
        # The entry's name says nothing of the run, so that the same table is the same input on every day.
        location, name = self._table().location(), f"table={self.table}"
        return {name: folder_entry(name, location) if location else None}

    def _table(self) -> Table:
        if self.metastore_conn_id:
            database, _, table = self.table.rpartition(".")
            return MetastoreTable(self.metastore_conn_id, database or "default", table)
        return FolderTable(self.warehouse or configured_warehouse(), self.table)

    def _tell(self, missing: list[str], wanted: int) -> None:
        first = ", ".join(missing[:_NAMED_IN_LOG]) + (", …" if len(missing) > _NAMED_IN_LOG else "")
        self.log.info("%d of %d partitions of %s are not there yet: %s", len(missing), wanted, self.table, first)

    def _publish(self, entries: list[Entry], context: Context) -> str:
        step = begin_step(self, context)
        identity = Identity(
            operation="hive_partitions",
            version=_VERSION,
            partition=str(step.partition),
            params={"table": self.table},
            inputs=tuple(Input(name=entry.partition, uri=entry.uri, digest=entry.digest) for entry in entries),
        )

        def fill(attempt: Attempt) -> None:
            attempt.add_entries(entries)
            files = [file for entry in entries for file in entry.files]
            attempt.statistics.update(partitions=len(entries), files=len(files), bytes=sum(file.bytes for file in files))

        artifact = step.make("reference", identity, fill)
        end_step(context)
        return artifact.uri


def configured_warehouse() -> str:
    """`[mlp] warehouse` of Airflow's configuration, else this machine's own folder."""
    from airflow.sdk import conf

    return conf.get("mlp", "warehouse", fallback="") or default_warehouse()
