"""The examples of docs/training-tools.md do what the page says, one after the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import optuna
import pyarrow.parquet as pq
import pytest

from mlp_core import bundle
from mlp_core.specs import TrainingSpec, validate

from .conftest import Run

PAGE = Path(__file__).parents[3] / "docs" / "training-tools.md"
TEXT = PAGE.read_text("utf-8")


def commands(name: str) -> list[list[str]]:
    lines = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).splitlines()
    found = [shlex.split(line)[1:] for line in lines]
    return [words for words in found if words[0] == name]


@pytest.mark.slow
def test_the_examples_do_what_the_page_says(run: Run, workshop: Path) -> None:
    (workshop / "space.yaml").write_text(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0])
    # The job that `train` trains is the workshop's own; it has run.
    assert commands("train") == [["train", "--job", "job.json"]] and (workshop / "models" / "ctr-1" / "model.json").is_file()

    (local,) = (run(*words) for words in commands("local"))
    assert local.code == 0, local.err
    assert "bundle: " + (workshop / "models" / "first").as_uri() in local.out and "epoch 1: auc" in local.out
    bundle.load(workshop / "models" / "first").check()

    (predicted,) = (run(*words) for words in commands("predict"))
    assert predicted.code == 0 and "logloss" in predicted.out, predicted.err
    rows = pq.read_table(workshop / "scored.parquet")
    model = bundle.load(workshop / "models" / "ctr-1")
    assert rows.drop_columns(["score"]).equals(pq.read_table(workshop / "ratings.parquet"))
    np.testing.assert_array_equal(rows["score"].to_numpy(), np.concatenate([model.score_features(b) for b in rows.to_batches(500)]))
    assert not list(workshop.glob(".scored*"))

    plain, with_job = (run(*words) for words in commands("inspect"))
    assert plain.code == with_job.code == 0, plain.err + with_job.err
    assert "gradient's norm" in with_job.out and "gradient's norm" not in plain.out

    (compared,) = (run(*words) for words in commands("compare"))
    assert compared.code == 0 and "auc of A" in compared.out, compared.err

    (profiled,) = (run(*words) for words in commands("profile"))
    assert profiled.code == 0, profiled.err
    assert all(part in profiled.out for part in ("wait for rows", "update tables", "model.mlp.last", "addmm"))
    assert (workshop / "profile.png").read_bytes().startswith(b"\x89PNG")

    (search,) = commands("search")
    searched = run(*search)
    assert searched.code == 0, searched.err
    best = TrainingSpec.from_json((workshop / "best.json").read_bytes())
    validate(best)
    assert 0.001 <= best.params["learning_rate"] <= 0.2 and best.batch_size in (256, 512) and best.params["refit"] is False
    assert (workshop / "history.png").read_bytes().startswith(b"\x89PNG")
    # A search that was killed in a trial leaves it behind, running for ever.
    optuna.load_study(study_name="ctr", storage="sqlite:///search.db").ask()
    # A search that is over trains nothing more, and one of another space is not mixed with it.
    again = run(*search)
    assert again.code == 0 and "trial 4" not in again.out and again.out.splitlines()[-2] == searched.out.splitlines()[-2]
    (workshop / "other.yaml").write_text(json.dumps({"learning_rate": {"low": 0.1, "high": 0.2}}))
    other = run("search", "--space", "other.yaml", "--job", "job.json", "--trials", "9")
    assert other.code == 2 and "holds a search of another job or space" in other.err
