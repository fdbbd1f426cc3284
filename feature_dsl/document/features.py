"""Reads a feature file: its domains, and its features lowered to scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from feature_dsl import limits
from feature_dsl.document.entry import Entry
from feature_dsl.document.marked import Marked
from feature_dsl.errors import FeatureError, FeatureWarning, did_you_mean
from feature_dsl.kinds.base import Lowered, kinds
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Script
from feature_dsl.types import NAMES, Type, parse_type

VERSION = 1
CONTEXT = "context"
ROLES = ("categorical", "dense", "key")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,127}")


Refuse = Callable[[FeatureError], None]
"""What becomes of a mistake: raised at once, or noted so that reading goes on with the next value."""


def at_once(problem: FeatureError) -> None:
    """Raises the mistake."""
    raise problem


@dataclass(frozen=True, slots=True)
class Domain:
    """Who a column belongs to.

    :param key: the column that unlocks it, None of the implicit domain ``context``.
    """

    name: str
    key: str | None
    columns: dict[str, Type]


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature as written: its script and what the file says of its column.

    :param source: where its script lies, or its entry where a kind made the script.
    :param written: whether ``source`` is the script's own text, so that positions in it are exact.
    """

    name: str
    kind: str
    script: Script
    source: Source
    written: bool
    table: str | None
    role: str | None
    cardinality: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole feature file."""

    group: str
    domains: tuple[Domain, ...]
    features: tuple[Feature, ...]
    warnings: tuple[FeatureWarning, ...]


def read_document(root: Marked, refuse: Refuse = at_once) -> Document:
    """The file's domains and features; ``refuse`` gets the mistakes in columns and in entries, and those are left out.

    :raises FeatureError: where nothing below can be read, and what ``refuse`` raises.
    """
    if not isinstance(root.value, dict):
        raise root.error("a feature file is a mapping with version, group, domains and features")
    top = Entry("the feature file", root)
    if top.integer("version") != VERSION:
        raise top.error(f"this release reads version {VERSION} of feature files", "version")
    group = top.text("group", "features")
    warnings: dict[str, list[FeatureWarning]] = {}
    domains = _domains(top, refuse)
    features: dict[str, Feature] = {}
    entries = top.sequence("features")
    if len(entries) > limits.FEATURES:
        raise top.error(f"the file has more than {limits.FEATURES:,} features", "features")
    for marked in entries:
        try:
            feature, doubts = _placed(marked, features)
        except FeatureError as problem:
            refuse(problem)
            continue
        features[feature.name] = feature
        warnings[feature.name] = doubts
    try:
        top.finish()
    except FeatureError as problem:
        refuse(problem)
    return Document(group, domains, tuple(features.values()), tuple(doubt for doubts in warnings.values() for doubt in doubts))


def _placed(marked: Marked, earlier: dict[str, Feature]) -> tuple[Feature, list[FeatureWarning]]:
    feature, override, doubts = _feature(marked)
    name = marked.value["name"]
    if feature.name in earlier and not override:
        raise name.error(f"the feature {feature.name!r} stands twice", "override: true replaces the earlier one")
    if override and feature.name not in earlier:
        message = f"{feature.name!r} overrides nothing: no earlier feature has this name"
        raise name.error(message, did_you_mean(feature.name, earlier))
    place = marked.source
    return feature, [FeatureWarning(doubt, place.file, place.line, place.column) for doubt in doubts]


def _domains(top: Entry, refuse: Refuse) -> tuple[Domain, ...]:
    found: list[Domain] = []
    if top.has("domains"):
        marked = top.raw("domains")
        for name, value in _mapping(marked, "domains").items():
            entry = Entry(f"domain {name}", value)
            written = _entry_mapping(entry, "columns")
            columns = _columns(written, refuse)
            key = entry.text("key")
            if key not in written:
                raise entry.error(f"the key {key!r} is not among the columns of domain {name}", "key",
                                  did_you_mean(key, written))  # fmt: skip
            entry.finish()
            found.append(Domain(name, key, columns))
    if top.has("columns"):
        found.append(Domain(CONTEXT, None, _columns(_entry_mapping(top, "columns"), refuse)))
    seen: dict[str, str] = {}
    for domain in found:
        for column in domain.columns:
            if column in seen:
                message = f"the column {column!r} stands in {seen[column]} and in {domain.name}"
                raise top.error(message, "domains", "a column belongs to one domain")
            seen[column] = domain.name
    return tuple(found)


def _entry_mapping(entry: Entry, key: str) -> dict[str, Marked]:
    if not isinstance(entry.marked.value, dict):
        raise entry.marked.error(f"{entry.name} has to be a mapping")
    return _mapping(entry.raw(key), f"{key} of {entry.name}")


def _mapping(marked: Marked, what: str) -> dict[str, Marked]:
    if not isinstance(marked.value, dict):
        raise marked.error(f"{what} has to be a mapping")
    return marked.value


def _columns(columns: dict[str, Marked], refuse: Refuse) -> dict[str, Type]:
    types: dict[str, Type] = {}
    for name, marked in columns.items():
        kind = parse_type(marked.value) if isinstance(marked.value, str) else None
        if kind is None:
            refuse(marked.error(f"column {name!r} has no type {marked.value!r}", did_you_mean(str(marked.value), NAMES)))
        else:
            types[name] = kind
    return types


def _feature(marked: Marked) -> tuple[Feature, bool, tuple[str, ...]]:
    if not isinstance(marked.value, dict):
        raise marked.error("a feature is a mapping with name, kind and the kind's fields")
    entry = Entry("a feature", marked)
    name = entry.text("name")
    if not _NAME.fullmatch(name):
        raise entry.error(f"{name!r} is no name for a feature", "name", "letters, digits, '_', '-' and '.', a letter first")
    entry.name = name
    kind, known = entry.text("kind"), kinds()
    if kind not in known:
        raise entry.error(f"there is no kind {kind!r}", "kind", did_you_mean(kind, known))
    override, table, role = entry.flag("override", False), entry.optional_text("table"), entry.optional_text("role")
    if role is not None and role not in ROLES:
        raise entry.error(f"there is no role {role!r}", "role", did_you_mean(role, ROLES))
    cardinality = entry.optional_integer("cardinality", 1)
    entry.asked.add("description")
    lowered = known[kind](entry)
    entry.finish()
    source = lowered.source or entry.marked.source
    feature = Feature(name, kind, lowered.script, source, lowered.source is not None, table, role or lowered.role, cardinality)
    return feature, override, lowered.warnings


def single(name: str, lowered: Lowered, source: Source) -> Document:
    """A document of one script, for text that is a script and not a feature file."""
    feature = Feature(name, "raw_feature", lowered.script, source, True, None, None, None)
    return Document("features", (), (feature,), ())
