"""`mlp_train search`: better hyper-parameters, with Optuna."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

    from mlp_core.specs import TrainingSpec
    from mlp_train.tools.space import Space

EXAMPLE = """\
Trains the job again and again with hyper-parameters from a space, and keeps those with the best validation AUC. A trial whose AUC
after an epoch is below the median of those before is ended (pruned). The study lies in a file, so a search that was killed goes on
where it stood, and several processes may work at one study. Nothing is published and nothing refitted: train the best job for that.

example, with space.yaml of
  learning_rate: {low: 0.001, high: 0.2, log: true}
  embedding_dim: {low: 4, high: 32, step: 4}
  hidden: {choices: [[32], [64, 32]]}
  batch_size: {choices: [512, 1024]}

  mlp_train search --space space.yaml --job job.json --trials 20 --output best.json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--space", type=Path, required=True, metavar="FILE", help="YAML or JSON: ranges and choices by hyper-parameter")
    parser.add_argument("--job", type=Path, required=True, metavar="FILE", help="job.json: what each trial begins with")
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="of the study in all, earlier runs included (default: 20)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="begin no trial after so long")
    parser.add_argument("--study", default="search.db", metavar="FILE", help="a SQLite file or a database's URL (default: search.db)")
    parser.add_argument("--output", type=Path, default=Path("best.json"), metavar="FILE", help="the best job (default: best.json)")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the trials as a .png, .svg or .pdf; needs matplotlib")


def run(options: argparse.Namespace) -> None:
    """Search, print the trials, write the best job."""
    import msgspec

    from mlp_train.errors import TrainError
    from mlp_train.run import read_job
    from mlp_train.tools.pictures import check_picture
    from mlp_train.tools.space import read_space, suggest, with_values
    from mlp_train.tools.trials import Trials

    check_picture(options.picture)
    space, spec = read_space(options.space), read_job(options.job)
    trials = Trials(spec, space)
    study = _open_study(options.study, spec, space)
    while (left := options.trials - len(_ended(study))) > 0:
        before = len(_ended(study))
        study.optimize(
            lambda trial: trials.run(trial, suggest(space, trial)),
            n_trials=left,
            timeout=options.timeout,
            catch=(TrainError,),
            callbacks=[_say],
        )
        if options.timeout is not None or len(_ended(study)) == before:
            break
    found = [trial for trial in _ended(study) if trial.state.name == "COMPLETE"]
    _show(study, space)
    if not found:
        raise TrainError("no trial came to its end, so there is no best job; the sentences above say why, or give more trials or time")
    best = with_values(spec, study.best_trial.user_attrs["values"])
    options.output.write_bytes(msgspec.json.format(msgspec.json.encode(best), indent=2) + b"\n")
    print(f"best: trial {study.best_trial.number}, auc {study.best_value:.5f}; wrote {options.output}")
    if options.picture is not None:
        _draw(options.picture, study, spec)
        print(f"drew {options.picture}")


def _open_study(place: str, spec: TrainingSpec, space: Space) -> Study:
    """The study in a file or database, made or gone on with. TrainError where it is about another job or space."""
    import msgspec
    from sqlalchemy.exc import SQLAlchemyError

    from mlp_core.artifacts.manifest import digest_of
    from mlp_train.errors import TrainError

    try:
        import optuna
    except ImportError as error:
        raise TrainError(f"search needs the package optuna ({error}); install airflow-mlp[search]") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    about = digest_of([msgspec.to_builtins(msgspec.structs.replace(spec, output="-", checkpoints=None)), msgspec.to_builtins(space)])
    try:
        study = optuna.create_study(
            study_name=spec.name,
            storage=place if "://" in place else f"sqlite:///{place}",
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=0),
        )
    except (SQLAlchemyError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise TrainError(f"--study: {place} cannot be opened ({why}); give a file that can be written") from error
    # A sampler that goes on with the first seed would suggest the first trials again.
    study.sampler = optuna.samplers.TPESampler(seed=(spec.seed + len(study.trials)) % 2**32)
    if study.user_attrs.get("about", about) != about:
        raise TrainError(f"--study: {place} holds a search of another job or space under the name {spec.name!r}; give another file")
    study.set_user_attr("about", about)
    return study


def _ended(study: Study) -> list[FrozenTrial]:
    """Trials that are over; one that was killed or runs elsewhere is not."""
    return [trial for trial in study.trials if trial.state.is_finished()]


def _say(study: Study, trial: FrozenTrial) -> None:
    from mlp_train.tools.printing import number

    values = ", ".join(f"{name} {number(value)}" for name, value in trial.user_attrs.get("values", {}).items())
    error = trial.user_attrs.get("error")
    print(f"trial {trial.number} {_STATES[trial.state.name]}: {error or f'auc {number(trial.value)}'}; {values}", flush=True)


_STATES = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}


def _show(study: Study, space: Space) -> None:
    from mlp_train.tools.printing import table

    rows: list[tuple[Any, ...]] = []
    for trial in sorted(_ended(study), key=lambda trial: (trial.state.name != "COMPLETE", -(trial.value or 0.0), trial.number)):
        values = trial.user_attrs.get("values", {})
        seconds = trial.duration.total_seconds() if trial.duration else None
        shown = (str(value) if isinstance(value, list) else value for value in (values.get(name) for name in space))
        rows.append((trial.number, _STATES[trial.state.name], trial.value, len(trial.intermediate_values), seconds, *shown))
    table(f"trials of {study.study_name}, the best first", ("trial", "ended", "auc", "epochs", "seconds", *space), rows)


def _draw(path: Path, study: Study, spec: TrainingSpec) -> None:
    from mlp_train.tools.pictures import draw_history

    trials = [(each.number, each.value, each.state.name == "PRUNED") for each in _ended(study) if each.value is not None]
    draw_history(path, f"{spec.name}: {len(trials)} trials of {spec.algorithm}", trials, "validation AUC")
