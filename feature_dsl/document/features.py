"""Reads a feature file: its domains, and its features lowered to scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from feature_dsl import limits
from feature_dsl.document.domains import Domain, Refuse, read_domains
from feature_dsl.document.entry import Entry
from feature_dsl.document.marked import Marked
from feature_dsl.errors import FeatureError, FeatureWarning, did_you_mean
from feature_dsl.kinds.base import Lowered, kinds
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Script

VERSION = 1
ROLES = ("categorical", "dense", "key")
_NAME_HINT = "a to z, A to Z, digits, '_', '-' and '.', a letter or '_' first, at most 128"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,127}")


def at_once(problem: FeatureError) -> None:
    """Raises the mistake."""
    raise problem


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature as written: its script and what the file says of its column.

    :param source: where its script lies, or its entry where a kind made the script.
    :param written: whether ``source`` is the script's own text, so that positions in it are exact.
    :param places: where the entry's texts lie, by text, for mistakes in a script that a kind made.
    """

    name: str
    kind: str
    script: Script
    source: Source
    written: bool
    table: str | None
    role: str | None
    cardinality: int | None
    places: Mapping[str, Source] = field(default_factory=dict, compare=False)


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
    domains = read_domains(top, refuse)
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


def _feature(marked: Marked) -> tuple[Feature, bool, tuple[str, ...]]:
    if not isinstance(marked.value, dict):
        raise marked.error("a feature is a mapping with name, kind and the kind's fields")
    entry = Entry("a feature", marked)
    name = entry.text("name")
    if not _NAME.fullmatch(name):
        raise entry.error(f"{name!r} is no name for a feature", "name", _NAME_HINT)
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
    written = lowered.source is not None
    places = {} if written else _places(marked)
    feature = Feature(name, kind, lowered.script, source, written, table, role or lowered.role, cardinality, places)
    return feature, override, lowered.warnings


def _places(marked: Marked) -> dict[str, Source]:
    """Where an entry's texts lie, those of its lists too; name and kind aside."""
    found: dict[str, Source] = {}
    for key, value in marked.value.items():
        for item in value.value if isinstance(value.value, list) else [value]:
            if isinstance(item.value, str) and key not in ("name", "kind"):
                found.setdefault(item.value, item.source)
    return found


def single(name: str, lowered: Lowered, source: Source) -> Document:
    """A document of one script, for text that is a script and not a feature file."""
    feature = Feature(name, "raw_feature", lowered.script, source, True, None, None, None)
    return Document("features", (), (feature,), ())
