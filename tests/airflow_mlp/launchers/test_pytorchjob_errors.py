"""What becomes of a PyTorchJob when the API server refuses what has to follow its creation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from airflow_mlp.launchers import pytorchjob
from airflow_mlp.launchers.base import Job, JobFailed, LauncherError
from airflow_mlp.launchers.pytorchjob import PyTorchJobLauncher
from mlp_core.specs import Resources


class Api:
    """Notes the jobs that are there; refuses config maps with a status, if it is told one."""

    namespace, host = "ours", "https://cluster"

    def __init__(self, config_maps: int = 0, jobs: int = 0) -> None:
        self.core = self.custom = self
        self.refused = {"config map": config_maps, "job": jobs}
        self.there: list[str] = []

    def apart(self) -> Api:
        return self

    def create_namespaced_custom_object(self, _group: str, _version: str, _space: str, _plural: str, body: Any, **_: Any) -> Any:
        self._refuse("job")
        self.there.append(body["metadata"]["name"])
        return {**body, "metadata": {**body["metadata"], "uid": "1"}}

    def delete_namespaced_custom_object(self, _group: str, _version: str, _space: str, _plural: str, name: str, **_: Any) -> None:
        self.there.remove(name)

    def create_namespaced_config_map(self, *_: Any, **__: Any) -> None:
        self._refuse("config map")

    def get_namespaced_custom_object(self, *_: Any, **__: Any) -> None:
        raise ApiException(status=403, reason="Forbidden")

    def _refuse(self, what: str) -> None:
        if self.refused[what]:
            raise ApiException(status=self.refused[what], reason="not today")


def run(api: Api, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytorchjob, "connect", lambda *_: api)
    job = Job(name="a-job", module="m", spec=b"{}", identity="1", workdir=folder, env={}, resources=Resources())
    PyTorchJobLauncher(image="i").run(job)


def test_a_refused_config_map_leaves_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(config_maps=403)
    with pytest.raises(LauncherError, match=r"refuses to create the config map .* \(403\): not today"):
        run(api, tmp_path, monkeypatch)
    assert api.there == []


def test_a_job_that_may_not_be_read_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    with pytest.raises(LauncherError, match=r"refuses to follow the PyTorchJob .* \(403\): Forbidden"):
        run(api, tmp_path, monkeypatch)
    assert api.there == []


def test_a_job_that_was_not_created_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LauncherError, match=r"refuses to create the PyTorchJob .* \(422\)"):
        run(Api(jobs=422), tmp_path, monkeypatch)


def test_a_server_that_fails_for_the_moment_leaves_the_job_to_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(config_maps=500)
    with pytest.raises(JobFailed, match=r"refuses to create the config map .* \(500\)"):
        run(api, tmp_path, monkeypatch)
    assert len(api.there) == 1
