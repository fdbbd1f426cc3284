from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_mlp.triton.errors import DeployError
from airflow_mlp.triton.repository import Repository
from mlp_core.artifacts import Artifact

MakeBundle = Callable[..., Artifact]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.staging", ".hidden", "x" * 65, "-x"])
def test_a_name_cannot_leave_the_repository(name: str, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="the model name"):
        Repository(tmp_path).model(name)


def test_an_empty_repository_has_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "models")
    assert repository.names() == []
    assert repository.model("ctr").published() == {}
    with pytest.raises(DeployError, match="'ctr' has no version 3; it has none"):
        repository.model("ctr").release(3)


def test_a_staged_bundle_is_linked_and_becomes_a_version(tmp_path: Path, make_bundle: MakeBundle) -> None:
    artifact = make_bundle()
    model = Repository(tmp_path / "models").model("ctr")
    with model.changing():
        model.stage(artifact, 1)
        assert model.published() == {}
        model.verify(1, trial=True)
        model.publish(1)
        model.clear_trial()
    assert model.published() == {1: artifact.digest}
    assert Path(model.bundle(1) / "tables" / "user.bin").samefile(artifact.local() / "tables" / "user.bin")
    release = model.release(1)
    assert (release.bundle, release.data_end, release.digest) == (artifact.uri, "2000-11-19", artifact.digest)
    assert model.pointer.champion is None
    assert model.pointer.numbers == {1: artifact.digest}
    model.verify(1)


def test_the_configuration_is_written_when_it_changes_alone(tmp_path: Path, make_bundle: MakeBundle) -> None:
    model = Repository(tmp_path / "models", Path("/envs/one")).model("ctr")
    with model.changing():
        model.stage(make_bundle(), 1)
        model.publish(1)
        assert not model.configured([1])
        model.configure([1])
        written = (model.folder / "config.pbtxt").stat().st_mtime_ns
        model.configure([1])
    assert (model.folder / "config.pbtxt").stat().st_mtime_ns == written
    assert not Repository(tmp_path / "models", Path("/envs/two")).model("ctr").configured([1])


def test_a_damaged_bundle_is_refused_by_name_of_the_file(tmp_path: Path, make_bundle: MakeBundle) -> None:
    artifact = make_bundle()
    model = Repository(tmp_path / "models").model("ctr")
    model.stage(artifact, 1)
    target = model.bundle(1, trial=True) / "dense.onnx"
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    with pytest.raises(DeployError, match=r"the bundle for 'ctr' is refused: the file dense.onnx"):
        model.verify(1, trial=True)
