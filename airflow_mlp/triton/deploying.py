"""Deploying a bundle: from an artifact to the version that answers, or to a refusal that changes nothing.

Verify → trial under another name → publish as a version → load beside the champion → compare over the wire → move the
pointer. Killed at any point, the next deploy begins from what lies in the repository and arrives at the same version.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import numpy as np

from airflow_mlp.triton.client import TritonClient
from airflow_mlp.triton.errors import DeployError, TritonError
from airflow_mlp.triton.pointer import Pointer, Release, write_pointer
from airflow_mlp.triton.repository import Model, Repository
from mlp_core.artifacts import Artifact
from mlp_core.bundle.bundle import unpack_check
from mlp_core.bundle.format import CHECK, TOLERANCE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deployment:
    """What deploying has come to.

    version: the bundle's number; bundle: its URI; reused: the version was there already; promoted: the pointer names this version
    or has named it before; serving: it names it now; reasons: sentences that say why.
    """

    name: str
    version: int
    bundle: str
    reused: bool
    promoted: bool
    serving: bool
    reasons: tuple[str, ...]


def deploy(
    bundle_uri: str,
    name: str,
    *,
    repository: Repository,
    server: TritonClient,
    allow_older: bool = False,
    move_pointer: bool = True,
) -> Deployment:
    """Have the bundle be a version of the model `name`, and the one that serves unless something speaks against it.

    :param repository: the folder that `server` reads its models from
    :param allow_older: move the pointer even if the bundle's data ends before the champion's
    :param move_pointer: False publishes the version and leaves the champion as it is

    Raises DeployError when the bundle is damaged or scores otherwise than its own check rows, ArtifactError when there is no such
    bundle, TritonError when the server does not answer. After any of them the old version serves.
    """
    artifact = Artifact.load(bundle_uri)
    if artifact.kind != "model":
        raise DeployError(f"{bundle_uri} is a {artifact.kind}, not a model bundle: give the output of TrainOperator")
    if not server.live():
        raise TritonError(f"Triton at {server.url} does not answer: start it (`mlp serve start` on this machine) and deploy again")
    model = repository.model(name)
    with model.changing():
        _clear_trial(model, server)
        version, reused = _version(model, artifact, server)
        release = msgspec.structs.replace(model.release(version), bundle=artifact.uri)
        pointer = model.pointer
        against = _against(pointer, release, allow_older=allow_older, move_pointer=move_pointer)
        if against:
            reasons = [against]
            if pointer.was_champion(version):
                reasons.append(f"version {version} was the champion before")
        elif _serves(model, server, pointer, release):
            reasons = [f"version {version} holds this bundle and serves already"]
        else:
            reasons = [_promote(model, server, pointer, release)]
        pointer = model.pointer
    for reason in reasons:
        log.info("Model %s: %s", name, reason)
    return Deployment(
        name=name,
        version=version,
        bundle=artifact.uri,
        reused=reused,
        promoted=pointer.was_champion(version),
        serving=pointer.champion is not None and pointer.champion.version == version,
        reasons=tuple(reasons),
    )


def rollback(name: str, version: int | None = None, *, repository: Repository, server: TritonClient) -> Release:
    """Move the pointer back to `version`, or to the champion before this one, once that version has shown it still scores right.

    Raises DeployError if there is no such version, or no champion before.
    """
    model = repository.model(name)
    with model.changing():
        pointer = model.pointer
        if version is None:
            version = pointer.previous().version
        release = next((move.release for move in reversed(pointer.history) if move.release.version == version), None)
        release = release or model.release(version)
        if not _serves(model, server, pointer, release):
            model.verify(version)
            _switch(model, server, pointer, pointer.moved(release, "rolled back"))
    return release


def restore(repository: Repository, server: TritonClient) -> list[Release]:
    """Load the champion of every model, after a server has started. Raises TritonError, once all were tried, if one does not load."""
    restored, failed = [], []
    for name in repository.names():
        model = repository.model(name)
        with model.changing():
            champion = model.pointer.champion
            if champion is None:
                continue
            try:
                _load(model, server, {champion.version}, champion.version)
                restored.append(champion)
            except TritonError as error:
                failed.append(f"{name}: {error}")
    if failed:
        raise TritonError(f"Triton could not load every champion: {'; '.join(failed)}")
    return restored


def _version(model: Model, artifact: Artifact, server: TritonClient) -> tuple[int, bool]:
    """The number of the version that holds the artifact, made if there is none, and whether it was there."""
    pointer = model.pointer.numbered(model.published())
    numbers = {digest: version for version, digest in pointer.numbers.items()}
    known = numbers.get(artifact.digest)
    if known is not None and model.bundle(known).exists():
        return known, True
    # A version that somebody has removed comes back with its old number: same number, same weights.
    version = known or max(pointer.numbers, default=0) + 1
    log.info("Model %s: trying %s as version %d", model.name, artifact.uri, version)
    model.stage(artifact, version)
    model.verify(version, trial=True)
    model.configure([version], trial=True)
    with _refusing(model, f"the bundle {artifact.uri}"):
        server.load(model.trial)
        _compare(model, server, version, trial=True)
    server.unload(model.trial)
    model.publish(version)
    model.clear_trial()
    return version, False


def _clear_trial(model: Model, server: TritonClient) -> None:
    if model.trial_folder.exists():
        server.unload(model.trial)
        model.clear_trial()


def _against(pointer: Pointer, release: Release, *, allow_older: bool, move_pointer: bool) -> str | None:
    """What speaks against moving the pointer, if anything."""
    champion = pointer.champion
    if champion is not None and champion.version == release.version:
        return None
    if not move_pointer:
        return f"version {release.version} is published; the pointer stays, as it was asked to"
    if champion is None or allow_older or (release.data_end or "") >= (champion.data_end or ""):
        return None
    return (
        f"version {release.version} does not serve: its data ends {release.data_end or 'nowhere'}, before the champion's (version"
        f" {champion.version}, {champion.data_end}); allow_older=True moves the pointer all the same"
    )


def _serves(model: Model, server: TritonClient, pointer: Pointer, release: Release) -> bool:
    """Whether there is nothing to do: the pointer names the version, and the server answers with it, configured as now."""
    champion = pointer.champion
    if champion is None or champion.version != release.version or not server.ready(model.name, release.version):
        return False
    loaded = server.policy(model.name)
    return max(loaded) == release.version and model.configured(loaded)


def _promote(model: Model, server: TritonClient, pointer: Pointer, release: Release) -> str:
    champion = pointer.champion
    model.verify(release.version)
    if champion is not None and champion.version == release.version:
        _load(model, server, {release.version}, release.version)
        return f"version {release.version} is the champion, and was loaded again"
    _switch(model, server, pointer, pointer.moved(release, "deployed"))
    return f"version {release.version} serves" + (f", after version {champion.version}" if champion else "")


def _switch(model: Model, server: TritonClient, pointer: Pointer, after: Pointer) -> None:
    """Load the new champion beside the old one, compare, move the pointer. Both stay loaded where the new one has the higher number."""
    old, new = pointer.champion, after.champion
    assert new is not None
    before = {old.version} if old is not None else set()
    try:
        _load(model, server, before | {new.version}, new.version)
    except TritonError:
        if old is not None:
            _load(model, server, before, old.version)
        raise
    write_pointer(model.folder, after)
    # A request without a version is answered by the highest loaded one, which has to be the champion.
    if old is not None and old.version > new.version:
        _load(model, server, {new.version}, new.version)


def _load(model: Model, server: TritonClient, versions: set[int], wanted: int) -> None:
    """Have the server hold exactly `versions`, the wanted one scoring its check rows right. Raises DeployError if it does not."""
    model.configure(versions)
    with _refusing(model, f"version {wanted}"):
        server.load(model.name)
        _compare(model, server, wanted)


def _compare(model: Model, server: TritonClient, version: int, *, trial: bool = False) -> None:
    """Ask the server for the bundle's check rows. Raises DeployError if a score differs by more than 1e-5."""
    import pyarrow.parquet as pq

    name = model.trial if trial else model.name
    if not server.ready(name, version):
        raise DeployError(f"version {version} of {name!r} is loaded and not ready; the server's log says why")
    rows = unpack_check(pq.read_table(model.bundle(version, trial=trial) / CHECK), model.info(version, trial=trial))
    if rows.raw is None:
        raise DeployError(f"the bundle for {model.name!r} has no raw check rows: train it again on the output of FeatureOperator")
    scores = server.infer(name, rows.raw, version)
    if scores.shape != rows.scores.shape:
        raise DeployError(f"Triton answers {scores.shape} scores for {rows.scores.shape} check rows of {model.name!r}")
    worst = float(np.nan_to_num(np.abs(scores - rows.scores), nan=np.inf).max(initial=0.0))
    if worst > TOLERANCE:
        raise DeployError(
            f"the check rows of {model.name!r} score differently in Triton, by up to {worst:.3g} (allowed {TOLERANCE}):"
            f" the model environment computes otherwise than training's"
        )


@contextmanager
def _refusing(model: Model, what: str) -> Iterator[None]:
    try:
        yield
    except TritonError as error:
        if isinstance(error, DeployError):
            raise
        raise DeployError(f"{what} is refused for {model.name!r}: {error}") from error
