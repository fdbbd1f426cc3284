from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from airflow_mlp.triton.client import TritonClient
from airflow_mlp.triton.deploying import deploy, restore, rollback
from airflow_mlp.triton.errors import DeployError, TritonError
from airflow_mlp.triton.repository import Model, Repository
from mlp_core import bundle
from mlp_core.artifacts import Artifact
from mlp_core.tensors import TensorError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MakeBundle = Callable[..., Artifact]

ROWS = pa.table(
    {
        "ctr": pa.array([0.25, None, -3.0, float("nan")], pa.float64()),
        "user": pa.array([7, 49, None, 1_000_000], pa.int32()),
        "not an input": pa.array(["a", "b", "c", "d"]),
    }
)


def expected(artifact: Artifact) -> np.ndarray:
    return np.asarray(bundle.load(artifact.uri).score_raw(ROWS), dtype=np.float64)


def loaded(triton: TritonClient) -> dict[str, set[int]]:
    states: dict[str, set[int]] = {}
    for state in triton.index():
        if state.state == "READY":
            states.setdefault(state.name, set()).add(int(state.version))
    return states


def test_a_deployed_bundle_answers_as_it_does_outside(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    artifact = make_bundle()
    deployment = deploy(artifact.uri, "ctr", repository=repository, server=triton)
    assert (deployment.version, deployment.reused, deployment.promoted, deployment.serving) == (1, False, True, True)
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(artifact), abs=1e-6)
    assert triton.infer("ctr", ROWS.slice(0, 0)).shape == (0,)
    again = deploy(artifact.uri, "ctr", repository=repository, server=triton)
    assert (again.version, again.reused, again.serving) == (1, True, True)
    assert len(repository.model("ctr").pointer.history) == 1
    assert not repository.model("ctr").trial_folder.exists()
    assert loaded(triton) == {"ctr": {1}}


def test_text_goes_through_the_plan_inside_triton(triton: TritonClient, repository: Repository, make_plan_bundle: MakeBundle) -> None:
    artifact = make_plan_bundle()
    deploy(artifact.uri, "ctr", repository=repository, server=triton)
    outside = bundle.load(artifact.uri)
    raw = outside.check_rows().raw
    assert raw is not None
    many = pa.concat_tables([raw] * 200)
    scores = triton.infer("ctr", many)
    assert len(set(scores.tolist())) > 3
    assert scores == pytest.approx(np.asarray(outside.score_raw(many), dtype=np.float64), abs=1e-6)


def test_a_request_that_does_not_fit_is_told_why(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    deploy(make_bundle().uri, "ctr", repository=repository, server=triton)
    with pytest.raises(TritonError, match="input 'user' is missing from the request; this version takes user, ctr"):
        triton.infer("ctr", ROWS.select(["ctr"]))
    with pytest.raises(TensorError, match="column 'user' is of type string, and the model takes int64"):
        triton.infer("ctr", ROWS.set_column(1, "user", pa.array(["a"] * 4)))
    with pytest.raises(TritonError, match="has no column that the model 'ctr' takes"):
        triton.infer("ctr", ROWS.select(["not an input"]))
    with pytest.raises(TritonError, match="refuses"):
        triton.infer("no such model", ROWS)


def test_a_better_bundle_takes_over_and_a_rollback_gives_back(
    triton: TritonClient, repository: Repository, make_bundle: MakeBundle
) -> None:
    first, second = make_bundle(1, "2000-11-19"), make_bundle(2, "2000-11-20")
    deploy(first.uri, "ctr", repository=repository, server=triton)
    assert deploy(second.uri, "ctr", repository=repository, server=triton).version == 2
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(second), abs=1e-6)
    # The one before stays loaded for requests that still name it.
    assert triton.infer("ctr", ROWS, 1) == pytest.approx(expected(first), abs=1e-6)

    older = deploy(first.uri, "ctr", repository=repository, server=triton)
    assert (older.version, older.reused, older.promoted, older.serving) == (1, True, True, False)
    assert "its data ends 2000-11-19, before the champion's" in older.reasons[0]

    assert rollback("ctr", repository=repository, server=triton).version == 1
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(first), abs=1e-6)
    with pytest.raises(DeployError, match="no champion before this one"):
        rollback("ctr", repository=repository, server=triton)
    assert deploy(second.uri, "ctr", repository=repository, server=triton).serving
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(second), abs=1e-6)


def test_a_version_may_be_published_without_serving(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    deploy(make_bundle(1).uri, "ctr", repository=repository, server=triton)
    dark = deploy(make_bundle(2).uri, "ctr", repository=repository, server=triton, move_pointer=False)
    assert (dark.version, dark.promoted, dark.serving) == (2, False, False)
    assert loaded(triton) == {"ctr": {1}}


def test_a_truncated_table_is_refused_and_never_seen(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    good, broken = make_bundle(1), make_bundle(2)
    deploy(good.uri, "ctr", repository=repository, server=triton)
    table = broken.local() / "tables" / "user.bin"
    table.write_bytes(table.read_bytes()[:-4])
    with pytest.raises(DeployError, match=r"tables/user.bin"):
        deploy(broken.uri, "ctr", repository=repository, server=triton)
    only_serves(good, repository.model("ctr"), triton)


def test_a_bundle_whose_check_rows_score_otherwise_is_refused(
    triton: TritonClient, repository: Repository, make_bundle: MakeBundle
) -> None:
    good, wrong = make_bundle(1), make_bundle(2, wrong_by=1e-4)
    deploy(good.uri, "ctr", repository=repository, server=triton)
    with pytest.raises(DeployError, match=r"differs by 0.0001"):
        deploy(wrong.uri, "ctr", repository=repository, server=triton)
    only_serves(good, repository.model("ctr"), triton)
    # The trial that failed does not stand in the way of the next bundle, nor does it take a number.
    assert deploy(make_bundle(3).uri, "ctr", repository=repository, server=triton).version == 2


def only_serves(artifact: Artifact, model: Model, triton: TritonClient) -> None:
    assert set(model.published()) == {1}
    assert loaded(triton) == {"ctr": {1}}
    assert model.pointer.champion is not None
    assert model.pointer.champion.bundle == artifact.uri
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(artifact), abs=1e-6)


DEPLOY_AND_DIE = """
import os, signal, sys
from pathlib import Path
from airflow_mlp.triton import client, deploying, repository

uri, url, root, environment, step = sys.argv[1:]
owner = deploying if hasattr(deploying, step) else repository.Model
original = getattr(owner, step)

def and_die(*args, **kwargs):
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, step, and_die)
deploying.deploy(uri, "ctr", repository=repository.Repository(Path(root), Path(environment)), server=client.TritonClient(url))
"""


@pytest.mark.parametrize("step", ["stage", "_compare", "publish", "_load", "write_pointer"])
def test_a_deployment_killed_after_a_step_is_finished_by_the_next(
    step: str, triton: TritonClient, repository: Repository, make_bundle: MakeBundle
) -> None:
    first, second = make_bundle(1, "2000-11-19"), make_bundle(2, "2000-11-20")
    deploy(first.uri, "ctr", repository=repository, server=triton)
    arguments = [second.uri, triton.url, str(repository.root), str(repository.environment), step]
    assert subprocess.run([sys.executable, "-c", DEPLOY_AND_DIE, *arguments], check=False).returncode == -signal.SIGKILL
    champion = repository.model("ctr").pointer.champion
    assert champion is not None
    assert champion.version == (2 if step == "write_pointer" else 1)
    assert triton.infer("ctr", ROWS, 1) == pytest.approx(expected(first), abs=1e-6)

    deployment = deploy(second.uri, "ctr", repository=repository, server=triton)
    assert (deployment.version, deployment.serving) == (2, True)
    assert triton.infer("ctr", ROWS) == pytest.approx(expected(second), abs=1e-6)
    assert [move.release.version for move in repository.model("ctr").pointer.history] == [1, 2]
    assert set(repository.model("ctr").published()) == {1, 2}
    assert "ctr.staging" not in loaded(triton)


def test_a_number_never_gets_other_weights(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    deploy(make_bundle(1).uri, "ctr", repository=repository, server=triton)
    deploy(make_bundle(2).uri, "ctr", repository=repository, server=triton)
    folder = repository.model("ctr").folder
    shutil.rmtree(folder / "1")
    assert deploy(make_bundle(3).uri, "ctr", repository=repository, server=triton).version == 3
    shutil.copytree(folder / "2", folder / "1")
    with pytest.raises(DeployError, match="version 1 of 'ctr' holds another bundle"):
        deploy(make_bundle(4).uri, "ctr", repository=repository, server=triton)


def test_two_models_are_restored_to_their_champions(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    deploy(make_bundle(1).uri, "ctr", repository=repository, server=triton)
    deploy(make_bundle(2).uri, "rank", repository=repository, server=triton)
    for name in ("ctr", "rank"):
        triton.unload(name)
    assert [release.version for release in restore(repository, triton)] == [1, 1]
    assert loaded(triton) == {"ctr": {1}, "rank": {1}}


def test_the_pointer_file_is_plain_json(triton: TritonClient, repository: Repository, make_bundle: MakeBundle) -> None:
    artifact = make_bundle()
    deploy(artifact.uri, "ctr", repository=repository, server=triton)
    content = json.loads((repository.root / "ctr" / "champion.json").read_text())
    assert content["history"][-1]["release"]["bundle"] == artifact.uri
    assert content["numbers"] == {"1": artifact.digest}


def test_nothing_is_deployed_to_a_server_that_is_down(tmp_path: Path, make_bundle: MakeBundle) -> None:
    with TritonClient("127.0.0.1:9") as nobody, pytest.raises(TritonError, match=r"Triton at 127\.0\.0\.1:9 does not answer"):
        deploy(make_bundle().uri, "ctr", repository=Repository(tmp_path / "models"), server=nobody)
    assert not (tmp_path / "models").exists()
