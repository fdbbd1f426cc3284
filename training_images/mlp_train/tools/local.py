"""`mlp_train local`: from any data to a bundle in one command."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from mlp_train.tools.rows import FIELD

if TYPE_CHECKING:
    from mlp_core.specs import TrainingSpec

EXAMPLE = """\
Takes a sample, splits off one row in ten for validation (a row's values alone decide which), trains in this process, prints measures
and where the bundle lies. Data are artifacts, folders of Parquet files or one such file. Integer columns and lists of integers are
categorical, floats dense, other columns are left out, unless the feature step has said what they are.

example:
  mlp_train local --data ratings.parquet --label label --param embedding_dim=8 --param hidden=[64,32]
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(FIELD, nargs="+", required=True, metavar="URI", help="what to learn from")
    parser.add_argument("--validation", nargs="+", default=[], metavar="URI", help="what to measure on (default: a tenth of the sample)")
    parser.add_argument("--algorithm", default="deepfm", metavar="NAME", help="a preset or package.module:Class (default: deepfm)")
    parser.add_argument("--framework", default="torch", choices=["torch", "tensorflow"], help="default: torch")
    parser.add_argument("--label", nargs="+", default=["label"], metavar="COLUMN", help="a column of 0 and 1, or several (default: label)")
    parser.add_argument("--group", metavar="COLUMN", help="the column that GAUC groups by")
    parser.add_argument("--columns", nargs="+", metavar="COLUMN", help="the columns to use, where not all are wanted")
    parser.add_argument("--rows", type=_positive, default=100_000, metavar="N", help="rows of the sample (default: 100000)")
    parser.add_argument("--epochs", type=_positive, default=3, metavar="N", help="default: 3")
    parser.add_argument("--batch-size", type=_positive, default=1024, metavar="N", help="default: 1024")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="a hyper-parameter; may be given again")
    parser.add_argument("--output", metavar="URI", help="where the bundle goes (default: a new folder in .mlp/local)")


def run(options: argparse.Namespace) -> None:
    """Train on a sample."""
    import tempfile
    from pathlib import Path

    from mlp_core.specs import validate
    from mlp_train.events import listening
    from mlp_train.run import train_here
    from mlp_train.tools.printing import measures, table

    with tempfile.TemporaryDirectory(prefix="mlp-local-") as folder:
        spec = _spec(options, Path(folder).as_uri())
        validate(spec)
        _sample(options, folder)
        with _Told() as told, listening(told, quiet=True):
            done = train_here(spec)
    bundle = done.pop("bundle")
    outside = done.pop("outside")
    table(f"{options.algorithm}, measured on {done['validation_rows']:,} rows", ("", "value"), measures({**done, "outside": outside}))
    print(f"bundle: {bundle}\nlook into it: mlp_train inspect {bundle}")


def parse_params(given: list[str]) -> dict[str, Any]:
    """`name=value` as JSON where it is JSON, else as text. Raises TrainError for one without `=`."""
    import json

    from mlp_train.errors import TrainError

    params: dict[str, Any] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or not name:
            raise TrainError(f"--param {item!r} is not NAME=VALUE; write for example --param learning_rate=0.05")
        try:
            params[name] = json.loads(text)
        except json.JSONDecodeError:
            params[name] = text
    return params


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _sample(options: argparse.Namespace, folder: str) -> None:
    from pathlib import Path

    from mlp_train.tools.sampling import make_sample

    make_sample(options.data, options.validation, options.rows, Path(folder).as_uri())


def _spec(options: argparse.Namespace, folder: str) -> TrainingSpec:
    from mlp_core.artifacts import storage
    from mlp_core.specs import TrainingSpec

    labels: list[str] = options.label
    return TrainingSpec(
        name="local",
        framework=options.framework,
        algorithm=options.algorithm,
        label=labels[0] if len(labels) == 1 else labels,
        group=options.group,
        columns=options.columns,
        train=[storage.join(folder, "train")],
        validation=[storage.join(folder, "validation")],
        # What is measured is what the bundle holds, unless refitting is asked for.
        params={"refit": False, **parse_params(options.param)},
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        output=options.output or _free(options.algorithm),
    )


def _free(algorithm: str) -> str:
    """A folder that is not there yet."""
    from itertools import count

    from mlp_core.home import make_home

    folder = make_home() / "local"
    name = algorithm.replace(":", "-")
    return next(place for number in count(1) if not (place := folder / f"{name}-{number}").exists()).as_uri()


class _Told:
    """What a training says, for a person: a bar on a terminal, a line per epoch."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar = tqdm(unit=" batches", disable=not sys.stderr.isatty(), leave=False)

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def __call__(self, event: str, fields: dict[str, Any]) -> None:
        if event == "data":
            tables = ", ".join(f"{name} {rows:,}" if rows is not None else f"{name} growing" for name, rows in fields["tables"].items())
            self._say(f"{fields['rows']:,} rows to learn, {fields['validation_rows']:,} to measure; rows of tables: {tables or 'none'}")
            if fields["ignored"]:
                self._say(f"left out: {', '.join(fields['ignored'])}")
        elif event == "progress":
            self._bar.total = fields["steps"]
            self._bar.set_postfix(loss=fields["loss"], rows_per_second=fields["samples_per_second"], refresh=False)
            self._bar.update(fields["step"] - self._bar.n)
        elif event == "epoch":
            self._say(f"epoch {fields['epoch']}: auc {_short(fields['auc'])}, logloss {_short(fields['logloss'])}")

    def _say(self, line: str) -> None:
        self._bar.clear()
        print(line, flush=True)


def _short(value: Any) -> str:
    from mlp_train.tools.printing import number

    if isinstance(value, dict):
        return ", ".join(f"{number(each)} ({label})" for label, each in value.items())
    return number(value)
