"""Mistakes of users as sentences, not tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from feature_dsl.errors import FeatureError
from mlp_core.artifacts.errors import ArtifactError

P = ParamSpec("P")
R = TypeVar("R")


def clear_errors(trouble: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Prints what is wrong with a file or with data in place of a traceback; ``trouble`` is the exit code then."""

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return command(*args, **kwargs)
            except FeatureError as error:
                from feature_dsl.tools.places import print_problem

                click.echo(print_problem(error, _text(error.file) if error.line is not None else None), err=True)
            except ArtifactError as error:
                click.echo(f"error: {error}", err=True)
            raise click.exceptions.Exit(trouble)

        return guarded

    return decorate


def _text(file: str | None) -> str | None:
    from feature_dsl.feature_set import text_of

    try:
        return text_of(Path(file))[0] if file is not None else None
    except FeatureError:
        return None
