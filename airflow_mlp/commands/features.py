"""`mlp features`: write, check and look into feature files. Nothing here needs Airflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_mlp.commands.guard import clear_errors
from airflow_mlp.commands.printing import FORMATS, count, print_rows, seconds, share

if TYPE_CHECKING:
    from feature_dsl.tools.data import Data
    from feature_dsl.tools.definition import Definition

_FILE = click.argument("file", type=click.Path())
_INPUT_HELP = "Rows: a Parquet or CSV file, a folder of them, an artifact's URI, or a table of the warehouse."
_INPUT = click.option("--input", "source", required=True, metavar="PATH", help=_INPUT_HELP)
_SCHEMA = click.option("--input", "source", metavar="PATH", help=f"{_INPUT_HELP} Columns are checked against it.")
_ROWS = click.option("--rows", type=click.IntRange(min=1), help="Look at so many rows; all by default.")
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="json: one object per line."
)


def _definition(file: str) -> Definition:
    from feature_dsl.tools.definition import open_definition

    return open_definition(Path(file))


def _data(source: str, definition: Definition | None = None) -> Data:
    from airflow_mlp.commands.inputs import open_input

    return open_input(source, definition.types if definition is not None else {})


@click.group(short_help="Write, check and look into feature files.")
def features() -> None:
    """Write, check and look into feature files. Airflow need not be installed.

    \b
    A first day:
      mlp features init ratings.parquet --output features.yaml
      mlp features check features.yaml
      mlp features run features.yaml --input ratings.parquet --head 5
      mlp features stats features.yaml --input ratings.parquet

    FILE is a feature file; where no scripts are asked for, a model's features.json does too.
    """


@features.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@_SCHEMA
@clear_errors()
def check(files: tuple[str, ...], source: str | None) -> None:
    """Say what is wrong with feature files, all mistakes at once.

    A mistake is printed as a compiler does: file, line and column, the line with a caret, a hint. The exit code is 1 if there is
    one; warnings leave it 0.

    \b
    Example:
      mlp features check features.yaml --input ratings.parquet
    """
    from feature_dsl.tools.check import check as check_file

    wrong = 0
    for file in files:
        schema = None
        if source is not None:
            from airflow_mlp.commands.inputs import open_input
            from feature_dsl.tools.check import declared_types

            schema = open_input(source, declared_types(Path(file))).schema
        report = check_file(Path(file), schema)
        for line in report.lines():
            click.echo(line)
        wrong += bool(report.errors)
        click.echo(f"{file}: {report.summary()}")
    if wrong:
        raise click.exceptions.Exit(1)


@features.command()
@_FILE
@click.argument("name", required=False)
@clear_errors()
def show(file: str, name: str | None) -> None:
    """Print the script of public operations that a feature stands for.

    Without NAME the whole file is printed with every feature as such a script; loaded again it is the same plan.

    \b
    Example:
      mlp features show features.yaml age_bucket
    """
    content = _definition(file).features()
    click.echo(content.script(name) if name is not None else content.lowered(), nl=False)


@features.command()
@_FILE
@_SCHEMA
@clear_errors()
def explain(file: str, source: str | None) -> None:
    """Print the plan: columns that are read, what is computed and shared, columns that are given.

    \b
    Example:
      mlp features explain features.yaml
    """
    definition = _definition(file)
    schema = _data(source, definition).schema if source is not None else None
    click.echo(definition.plan(schema).explain(), nl=False)


@features.command()
@_FILE
@_INPUT
@click.option("--head", type=click.IntRange(min=1), default=20, show_default=True, help="How many rows.")
@_FORMAT
@clear_errors()
def run(file: str, source: str, head: int, format_: str) -> None:
    """Compute the features of a table's first rows.

    \b
    Example:
      mlp features run features.yaml --input ratings.parquet --head 5 --format csv
    """
    from feature_dsl.tools.run import run as run_rows

    definition = _definition(file)
    data = _data(source, definition)
    table = run_rows(definition.plan(data.schema), data, head)
    print_rows(table.to_pylist(), table.schema.names, format_, f"{table.num_rows} rows of {source}")


@features.command()
@_FILE
@_INPUT
@click.option("--rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Rows to run.")
@_FORMAT
@clear_errors()
def profile(file: str, source: str, rows: int, format_: str) -> None:
    """Time the plan: per operation, per feature, and rows a second.

    What several features share is divided among them. A name in brackets is no operation but the time around them.

    \b
    Example:
      mlp features profile features.yaml --input ratings.parquet
    """
    from feature_dsl.tools.profile import profile as profile_plan

    definition = _definition(file)
    data = _data(source, definition)
    found = profile_plan(definition.plan(data.schema), data, rows)
    for title, costs in (("operation", found.operations), ("feature", found.features)):
        lines = [{title: cost.name, "nodes": cost.calls, "seconds": cost.seconds, "share": cost.share} for cost in costs]
        print_rows(lines, [title, "nodes", "seconds", "share"], format_, f"per {title}", {"seconds": seconds, "share": share})
    click.echo(f"{found.rows:,} rows in {found.seconds:.3f} s: {found.rows_per_second:,.0f} rows/s", err=format_ != "table")


@features.command()
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@_SCHEMA
@_FORMAT
@clear_errors(trouble=2)
def diff(old: str, new: str, source: str | None, format_: str) -> None:
    """Say which features would change from OLD to NEW, and why.

    changed: values could differ. described: the same values, but a table, cardinality or length is another. The exit code is
    that of diff(1): 1 if a feature is not the same, 2 if the files cannot be compared. A model's features.json may stand for either.

    \b
    Example:
      mlp features diff features.yaml features-new.yaml
    """
    from feature_dsl.tools.diff import diff as compare

    before, after = _definition(old), _definition(new)
    schemas = [_data(source, each).schema if source is not None else None for each in (before, after)]
    changes = [change for change in compare(before.plan(schemas[0]), after.plan(schemas[1])) if change.what != "same"]
    lines = [{"feature": change.name, "becomes": change.what, "why": "; ".join(change.why)} for change in changes]
    if lines or format_ != "table":
        print_rows(lines, ["feature", "becomes", "why"], format_, f"{old} → {new}")
    click.echo(f"{len(changes)} features differ" if changes else "no feature differs", err=format_ != "table")
    if changes:
        raise click.exceptions.Exit(1)


@features.command()
@_FILE
@_INPUT
@_ROWS
@_FORMAT
@clear_errors()
def stats(file: str, source: str, rows: int | None, format_: str) -> None:
    """Measure every feature over a table.

    missing: rows whose sources are missing. distinct: different values (~: estimated, within about 1 %). used: that over the
    cardinality. unknown: values that the vocabulary lacks. collide: values expected to share their bucket,
    1 - (1 - 1/buckets)^(values - 1).

    \b
    Example:
      mlp features stats features.yaml --input ratings.parquet --format json
    """
    from dataclasses import asdict, fields

    from feature_dsl.tools.stats import Statistics
    from feature_dsl.tools.stats import stats as measure

    definition = _definition(file)
    data = _data(source, definition)
    found = measure(definition.plan(data.schema), data, rows)
    if format_ != "table":
        print_rows([asdict(each) for each in found], [field.name for field in fields(Statistics)], format_, "")
        return
    lines = [_line(each) for each in found]
    print_rows(lines, list(lines[0]), format_, f"{found[0].rows:,} rows of {source}")


def _line(each: Any) -> dict[str, str]:
    about = "" if each.exact else "~"
    return {
        "feature": each.name,
        "missing": share(each.missing),
        "distinct": about + count(each.distinct),
        "used": share(each.bucket_use),
        "unknown": share(each.unknown),
        "collide": share(each.collisions),
        "min": count(each.minimum),
        "mean": count(each.mean),
        "max": count(each.maximum),
        "length": count(each.length),
    }


@features.command()
@click.argument("table", metavar="PATH|TABLE")
@click.option("--output", type=click.Path(dir_okay=False), help="The file to write, which must not be there yet; the screen by default.")
@_ROWS
@clear_errors()
def init(table: str, output: str | None, rows: int | None) -> None:
    """Write a first feature file for a table, from its schema and statistics.

    Kinds follow from types and numbers of different values, vocabularies from frequencies, boundaries from quantiles, hash
    tables' sizes from numbers of different values. The same table gives the same file.

    \b
    Example:
      mlp features init ratings.parquet --output features.yaml
    """
    from feature_dsl.tools.init import init as write_first

    text = write_first(_data(table), rows)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(output).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}; name another file") from None
    click.echo(f"{output} is written; next: mlp features check {output} --input {table}", file=sys.stderr)
