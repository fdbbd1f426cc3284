"""A first feature file for a table, from its schema and statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from feature_dsl.document.features import VERSION
from feature_dsl.errors import FeatureError, visible
from feature_dsl.tools.columns import ColumnStatistics
from feature_dsl.tools.data import Data
from feature_dsl.tools.proposals import Proposal, propose

_LONGEST_NAME = 80
_HEAD = """\
# The first feature file of {name}, written by `mlp features init` from {rows:,} rows.
# A beginning: look at the kinds, drop what a model must not know (labels, what is known only afterwards), add crosses.
version: {version}
group: {group}
"""
_DOMAINS = """\
# Whose a column is: a service computes a user's features once per request. Guessed from names; move columns where they belong.
domains:
"""
_COLUMNS = """\
# Columns of no domain. With a key of its own a group of them becomes one, as in
#   domains: {user: {key: user_id, columns: {user_id: utf8, age: utf8}}}
columns:
"""


def init(data: Data, most: int | None = None) -> str:
    """The text of a feature file that loads, compiles without warnings and runs on the table. The same rows give the same text.

    :param most: rows to look at, None for all.
    :raises FeatureError: where the table cannot be read, or no column of it can become a feature.
    """
    names = data.schema.names
    columns = [ColumnStatistics.of(field, len(names)) for field in data.schema if _unusable(field.name, names) is None]
    for batch in data.batches([column.name for column in columns], most):
        for column, array in zip(columns, batch.columns, strict=True):
            column.add(array)
    taken = set(names)
    proposals = [propose(column, taken) for column in columns]
    if not any(proposal.entry for proposal in proposals):
        raise FeatureError("no column of the table can become a feature", file=data.name, hint=_reasons(proposals))
    rows = columns[0].rows if columns else 0
    head = _HEAD.format(name=visible(data.name.rstrip("/").rsplit("/", 1)[-1]), rows=rows, version=VERSION, group="features")
    return "".join([head, *_owners(columns, proposals), *_features(proposals), *_unnamed(names)])


def _reasons(proposals: Sequence[Proposal]) -> str | None:
    return "; ".join(f"{proposal.column}: {proposal.remark}" for proposal in proposals[:3]) or None


def _owners(columns: Sequence[ColumnStatistics], proposals: Sequence[Proposal]) -> Iterator[str]:
    read = [column for column, proposal in zip(columns, proposals, strict=True) if proposal.entry]
    prefixes = [column.name.removesuffix("_id") for column in read if _is_key(column)]
    domains: dict[str, list[ColumnStatistics]] = {prefix: [] for prefix in prefixes}
    rest: list[ColumnStatistics] = []
    for column in read:
        owners = [prefix for prefix in prefixes if column.name.startswith(prefix + "_")]
        (domains[max(owners, key=len)] if owners else rest).append(column)
    if domains:
        yield _DOMAINS
    for prefix, members in domains.items():
        yield f"  {_flow(prefix)}: {_flow({'key': prefix + '_id', 'columns': _types(members)})}\n"
    if rest:
        yield _COLUMNS
        yield from (f"  {_flow(column.name)}: {column.type}\n" for column in rest)


def _is_key(column: ColumnStatistics) -> bool:
    scalar = column.type is not None and not column.type.is_list and column.type.name in ("utf8", "int64")
    return scalar and column.name.endswith("_id") and len(column.name) > 3


def _types(columns: Sequence[ColumnStatistics]) -> dict[str, str]:
    return {column.name: str(column.type) for column in columns}


def _features(proposals: Sequence[Proposal]) -> Iterator[str]:
    yield "features:\n"
    for proposal in proposals:
        if proposal.entry:
            yield f"  - {_flow(proposal.entry)}  # {visible(proposal.remark)}\n"
        else:
            yield f"  # {visible(proposal.column)}: {visible(proposal.remark)}\n"


def _unusable(name: str, names: Sequence[str]) -> str | None:
    if not name:
        return "it has no name"
    if len(name) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} letters"
    return "the table has it twice" if names.count(name) > 1 else None


def _unnamed(names: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if (reason := _unusable(name, names)) is not None:
            yield f"  # {visible(repr(name[:_LONGEST_NAME]))}: left out, {reason}\n"


class _Dumper(yaml.SafeDumper):
    """Writes any text on one line."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)


def _flow(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=2**30)
    return text.removesuffix("...\n").strip()
