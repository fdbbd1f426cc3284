"""All mistakes of a feature file at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feature_dsl.errors import FeatureError, FeatureWarning
from feature_dsl.feature_set import FeatureSet, read, text_of
from feature_dsl.plan.compiler import Compiler
from feature_dsl.plan.lowering import references
from feature_dsl.plan.nodes import CONSTANT
from feature_dsl.tools.places import print_problem
from feature_dsl.types import Type

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.plan.plan import Plan

MOST = 50
"""Mistakes after which no more are looked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a feature file.

    :param errors: in the file's order; at most ``MOST``.
    :param warnings: what looks like a mistake but is none.
    :param text: the file's text, None where it could not be read.
    :param plan: the compiled file, None where there are errors.
    """

    errors: tuple[FeatureError, ...]
    warnings: tuple[FeatureWarning, ...]
    text: str | None = None
    plan: Plan | None = None

    def lines(self) -> list[str]:
        """Every problem as a compiler prints it, errors first."""
        problems: list[FeatureError | FeatureWarning] = [*self.errors, *self.warnings]
        return [print_problem(problem, self.text) for problem in problems]

    def summary(self) -> str:
        """How it went, in a few words."""
        more = "at least " if len(self.errors) >= MOST else ""
        if self.errors:
            return f"{more}{_count(len(self.errors), 'error')}, {_count(len(self.warnings), 'warning')}"
        doubts = f", {_count(len(self.warnings), 'warning')}" if self.warnings else ""
        return f"{_count(len(self.plan.outputs) if self.plan is not None else 0, 'feature')}{doubts}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


class _Enough(Exception):
    """There are as many mistakes as are shown."""


class _Errors:
    """Mistakes, each once."""

    def __init__(self) -> None:
        self.found: dict[str, FeatureError] = {}

    def add(self, problem: FeatureError) -> None:
        self.found.setdefault(str(problem), problem)
        if len(self.found) >= MOST:
            raise _Enough

    def sorted(self) -> tuple[FeatureError, ...]:
        return tuple(sorted(self.found.values(), key=lambda problem: (problem.line or 0, problem.column or 0)))


def check(path_or_text: str | Path, schema: pa.Schema | None = None) -> Report:
    """Reads and compiles a feature file, going on after a mistake where what follows does not depend on it.

    A feature that uses a wrong feature is not blamed for it; types are checked once all columns and entries are read.

    :param schema: the data's, where columns are to be checked against data.
    """
    errors = _Errors()
    text: str | None = None
    plan: Plan | None = None
    doubts: tuple[FeatureWarning, ...] = ()
    try:
        text, file = text_of(path_or_text)
        features = read(text, file, errors.add)
        doubts = features.warnings
        plan = _compile(features, schema, errors)
        if plan is not None:
            doubts = (*doubts, *_same_for_all(plan, features))
    except FeatureError as problem:
        errors.found.setdefault(str(problem), problem)
    except _Enough:
        plan = None
    return Report(errors.sorted(), doubts, text, None if errors.found else plan)


def declared_types(path_or_text: str | Path) -> dict[str, Type]:
    """Types of the columns that a feature file declares, as far as it can be read."""
    found: list[FeatureError] = []
    try:
        features = read(*text_of(path_or_text), found.append)
    except FeatureError:
        return {}
    return {name: kind for domain in features.domains for name, kind in domain.columns.items()}


def _compile(features: FeatureSet, schema: pa.Schema | None, errors: _Errors) -> Plan | None:
    """The plan of all features that are right, those first that others use."""
    compiler = Compiler(features, schema, {})
    known = {name for domain in features.domains for name in domain.columns} | set(schema.names if schema is not None else ())
    uses = {feature.name: {name for name, _ in references(feature)} - {feature.name} for feature in features.features}
    guessing = bool(errors.found)
    users: dict[str, list[str]] = {name: [] for name in uses}
    waiting: dict[str, int] = {}
    for name, used in uses.items():
        waiting[name] = sum(other in uses for other in used)
        for other in used & uses.keys():
            users[other].append(name)
    ready = [name for name, count in waiting.items() if count == 0]
    right: list[str] = []
    for name in ready:
        # What an unreadable entry or column would have been called is not known, so an unknown name is no second mistake.
        if guessing and not uses[name] <= known | uses.keys():
            continue
        try:
            compiler.require(name)
        except FeatureError as problem:
            errors.add(problem)
            continue
        right.append(name)
        for user in users[name]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if errors.found:
        return compiler.plan(right, None) if right else None
    return compiler.plan(None, None)


def _same_for_all(plan: Plan, features: FeatureSet) -> list[FeatureWarning]:
    constant = [output.name for output in plan.outputs if plan.nodes[output.node].op == CONSTANT]
    places = [(name, features.feature(name).source) for name in constant]
    return [
        FeatureWarning(f"{name} has the same value in every row", place.file, place.line, place.column, "does it read a column?")
        for name, place in places
    ]
