"""Where the partitions of a table lie: in folders of a warehouse, or where a Hive metastore says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowException

from mlp_core.artifacts import storage


class Table(Protocol):
    """A table whose partitions, or whose whole, lie in folders."""

    def partitions(self, names: Sequence[str]) -> dict[str, str]:
        """The URIs of those of the partitions `names` (`dt=2000-11-20`) that are known, by name."""
        ...

    def location(self) -> str | None:
        """The URI of the whole table's folder, None where the table is not known."""
        ...


@dataclass(frozen=True)
class FolderTable:
    """A table in the folder `<warehouse>/<table>/`, its partitions in folders named like them."""

    warehouse: str
    table: str

    def partitions(self, names: Sequence[str]) -> dict[str, str]:
        """Every name has a folder, whether it is there or not."""
        return {name: storage.join(self.warehouse, self.table, name) for name in names}

    def location(self) -> str | None:
        """The table's folder."""
        return storage.join(self.warehouse, self.table)


@dataclass(frozen=True)
class MetastoreTable:
    """A table of a Hive metastore, which the Airflow connection `connection` leads to."""

    connection: str
    database: str
    table: str

    def partitions(self, names: Sequence[str]) -> dict[str, str]:
        """The partitions that are registered, with their own locations. Raises AirflowException if the metastore does not answer."""
        from hmsclient.genthrift.hive_metastore.ttypes import NoSuchObjectException

        with self._client() as client:
            try:
                found = client.get_partitions_by_names(self.database, self.table, list(names))
            except NoSuchObjectException:
                return {}
            keys = [key.name for key in client.get_table(self.database, self.table).partitionKeys]
        # Hive spells a partition with its columns in the table's order.
        spelled = {"/".join(f"{key}={value}" for key, value in zip(keys, each.values, strict=True)): each for each in found}
        return {name: storage.normalise(each.sd.location) for name, each in spelled.items()}

    def location(self) -> str | None:
        """The table's location."""
        from hmsclient.genthrift.hive_metastore.ttypes import NoSuchObjectException

        with self._client() as client:
            try:
                return storage.normalise(client.get_table(self.database, self.table).sd.location)
            except NoSuchObjectException:
                return None

    def _client(self) -> Any:
        from airflow.providers.apache.hive.hooks.hive import HiveMetastoreHook

        try:
            return HiveMetastoreHook(metastore_conn_id=self.connection).metastore
        except AirflowException as error:
            raise AirflowException(
                f"the Hive metastore of the connection {self.connection!r} does not answer ({error}): is its host and port right, is it up?"
            ) from error
