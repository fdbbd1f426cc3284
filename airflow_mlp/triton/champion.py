"""Who a new model has to beat, or may start from: one answer for a given model, however often it is asked."""

from __future__ import annotations

from pathlib import Path

from airflow_mlp.triton.repository import Repository
from mlp_core.artifacts import Artifact, ArtifactError
from mlp_core.bundle.loading import read_info
from mlp_core.home import home


def champion_before(name: str, model: Artifact, repository: str | None = None) -> Artifact | None:
    """The last deployed bundle of `name` whose data end before those of `model`; None if there was none.

    Models that were deployed later, and have seen the days on which `model` is tested, do not count: a run that is
    repeated gets the same champion. Raises ArtifactError if the champion's bundle is gone.
    """
    end = read_info(model.local()).data.end
    if end is None:
        raise ArtifactError(f"the bundle {model.uri} does not say which days it was trained on, so its champion cannot be found")
    return deployed_before(name, end, repository)


def deployed_before(name: str, data_end: str, repository: str | None = None) -> Artifact | None:
    """The last deployed bundle of `name` whose data end before the day `data_end` (YYYY-MM-DD); None if there was none."""
    model = Repository(Path(repository) if repository else home() / "models").model(name)
    release = model.champion_before(data_end)
    if release is None:
        return None
    try:
        return Artifact.load(release.bundle)
    except ArtifactError:
        # The artifact was removed by hand; the repository has a copy of it, manifest included.
        return Artifact.load(model.bundle(release.version).as_uri())
