"""One execution of an operator: its partition, its maker, and making or reusing artifacts. No Airflow class here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from airflow_mlp.partition import RunPartition
from mlp_core.artifacts import Artifact, Attempt, Entry, Identity, Input, Kind, Maker, Reuse, begin, find

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """What an operator's try knows about itself.

    name: the folder of its artifacts; root: where they lie; cleared: the last try of this task instance that succeeded, 0
    for none: what was made up to it is not to be taken again.
    """

    name: str
    root: str
    partition: RunPartition
    maker: Maker
    reuse: Reuse = "auto"
    cleared: int = 0
    started: float = field(default_factory=time.monotonic)

    def make(
        self,
        kind: Kind,
        identity: Identity,
        build: Callable[[Attempt], None],
        *,
        output: str = "",
        fits: Callable[[Artifact], bool] | None = None,
    ) -> Artifact:
        """The artifact of `identity`: an earlier one where it may be taken (and `fits`), else what `build` fills an attempt with."""
        step = self._folder(output)
        found = self.find(identity, output=output, fits=fits)
        if found is not None:
            return self.tell(found)
        attempt = begin(kind=kind, step=step, root=self.root, identity=identity, maker=self.maker)
        build(attempt)
        return self.tell(attempt.publish())

    def launch(self, kind: Kind, identity: Identity, run: Callable[[Attempt], None], *, output: str = "") -> Artifact:
        """Like `make`, for a job that publishes by itself: `run` starts it with the attempt's URI and waits."""
        found = self.find(identity, output=output)
        if found is not None:
            return self.tell(found)
        attempt = begin(kind=kind, step=self._folder(output), root=self.root, identity=identity, maker=self.maker)
        run(attempt)
        return self.tell(Artifact.load(attempt.uri))

    def make_partitions(
        self,
        identities: Mapping[str, Identity],
        run: Callable[[dict[str, Attempt]], None],
        *,
        output: str = "",
    ) -> dict[str, Artifact]:
        """A table for each partition: those that are missing are made by one call of `run`, whose job publishes them.

        identities: by partition (`dt=2000-11-20`). Returns the tables by partition.
        """
        found = {partition: self.find(identity, output=output) for partition, identity in identities.items()}
        attempts = {
            partition: begin(kind="table", step=self._folder(output), root=self.root, identity=identity, maker=self.maker)
            for partition, identity in identities.items()
            if found[partition] is None
        }
        log.info("%s: %d of %d partitions are to be made, the rest is reused", self.name, len(attempts), len(identities))
        if attempts:
            run(attempts)
        made = {partition: Artifact.load(attempt.uri) for partition, attempt in attempts.items()}
        return {partition: made.get(partition) or found[partition] for partition in identities}  # type: ignore[misc]

    def make_reference(self, artifacts: Mapping[str, Artifact], *, output: str = "") -> Artifact:
        """A reference that lists `artifacts` by partition. Its statistics tell how many were made and how many reused."""
        inputs = tuple(Input(name=partition, uri=item.uri, digest=item.digest) for partition, item in artifacts.items())
        entries = [Entry(partition=partition, uri=item.uri, digest=item.digest, rows=item.rows) for partition, item in artifacts.items()]
        made = sum(1 for item in artifacts.values() if item.manifest.maker == self.maker)

        def fill(attempt: Attempt) -> None:
            attempt.add_entries(entries)
            attempt.statistics.update(made=made, reused=len(entries) - made)

        def fits(found: Artifact) -> bool:
            # Equal contents may lie elsewhere since: a damaged partition was computed again.
            return {entry.uri for entry in found.entries} == {entry.uri for entry in entries}

        identity = Identity(operation=f"{self.name}.list", version=1, partition=str(self.partition), inputs=inputs)
        return self.make("reference", identity, fill, output=output or "list", fits=fits)

    def find(self, identity: Identity, *, output: str = "", fits: Callable[[Artifact], bool] | None = None) -> Artifact | None:
        """An earlier artifact of `identity` that may be taken."""
        cleared = replace(self.maker, try_number=self.cleared) if self.cleared else None
        return find(self.root, self._folder(output), identity, reuse=self.reuse, cleared=cleared, fits=fits)

    def tell(self, artifact: Artifact) -> Artifact:
        """Log what was made or reused, and give it back."""
        how = "made" if artifact.manifest.maker == self.maker else "reused"
        seconds = time.monotonic() - self.started
        log.info("%s %s: %s, %d rows, %.1f s", self.name, how, artifact.uri, artifact.rows, seconds)
        return artifact

    def _folder(self, output: str) -> str:
        return f"{self.name}.{output}" if output else self.name


def inputs_of(artifacts: Mapping[str, Artifact]) -> tuple[Input, ...]:
    """`artifacts` by input name, as an identity records them."""
    return tuple(Input(name=name, uri=artifact.uri, digest=artifact.digest) for name, artifact in artifacts.items())


def partitions_of(artifact: Artifact) -> dict[str, Entry]:
    """The partitions that `artifact` holds, by name: those of a reference, or the artifact itself as its only one."""
    if artifact.kind == "reference":
        return {entry.partition: entry for entry in artifact.entries}
    manifest = artifact.manifest
    entry = Entry(partition=manifest.partition, uri=artifact.uri, digest=artifact.digest, rows=artifact.rows)
    return {manifest.partition: entry}


def as_artifacts(value: Any) -> list[Artifact]:
    """Artifacts named by a URI or an iterable of URIs; absent ones (None) are left out."""
    values: Iterable[Any] = [value] if isinstance(value, str) or value is None else value
    return [Artifact.load(uri) for uri in values if uri]
