"""YAML values that know their place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from feature_dsl import limits
from feature_dsl.errors import FeatureError
from feature_dsl.syntax.source import Source

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_TEXT = _TAG + "str"
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
_SCALARS = {_TAG + name for name in ("null", "bool", "int", "float", "str")}
_RESOLVED = {_TAG + name for name in ("timestamp", "value", "binary")}
# What YAML 1.1 reads as a number in base 8, 2, 16 or 60 is refused: nobody who writes 007 or 1:30 means that number.
_PLAIN_NUMBER = re.compile(
    r"[+-]?(0|[1-9][0-9_]*|[0-9][0-9_]*\.[0-9_]*([eE][+-][0-9]+)?|\.[0-9_]+([eE][+-][0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
_NUMBER_LENGTH = 400
_REFUSED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(r"^%[A-Z]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Marked:
    """A YAML value: a scalar, a list of Marked or a dict of them.

    :param source: where its text lies in the file.
    :param keys: where the keys of a mapping lie.
    """

    value: Any
    source: Source
    keys: Mapping[str, Source] = field(default_factory=dict)

    def error(self, message: str, hint: str | None = None) -> FeatureError:
        """An error at this value."""
        return self.source.error(message, hint=hint)


def parse(text: str, file: str | None) -> Marked:
    """The one document in a YAML text. Raises FeatureError with the place of a mistake."""
    if len(text) > limits.FILE_CHARACTERS:
        raise FeatureError(f"the feature file is longer than {limits.FILE_CHARACTERS:,} characters", file=file)
    _check_letters(text, file)
    try:
        events = _events(text, file)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"the file is not YAML: {problem.problem or problem.context}"
        raise FeatureError(message, file=file, line=line, column=column, hint=_yaml_hint(problem, text)) from None
    except yaml.reader.ReaderError as problem:
        raise FeatureError(f"the file is not YAML: {problem.reason}", file=file, line=1, column=1) from None
    if not events:
        raise FeatureError("the feature file is empty", file=file, line=1, column=1)
    return _Converter(text, file, events).convert()


def _yaml_hint(problem: yaml.MarkedYAMLError, text: str) -> str | None:
    mark, begin = problem.problem_mark, problem.context_mark
    line = text.split("\n", mark.line + 1)[mark.line] if mark is not None and mark.line <= text.count("\n") else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with blanks, not with tabs"
    if "another document" in str(problem.problem):
        return "a feature file is one document, without a line '---' in it"
    if "mapping values" in str(problem.problem):
        return "a text with ': ' in it needs quotes"
    if begin is not None and mark is not None and begin.line < mark.line:
        return f"see line {begin.line + 1}, {problem.context}"
    return None


def _check_letters(text: str, file: str | None) -> None:
    """Raises FeatureError at a letter that YAML has no place for, and at a directive (libyaml's time grows with their square)."""
    if found := _REFUSED.search(text):
        raise _at_offset(text, found.start(), file, f"the file holds the control character {found.group()!a}", "remove it")
    if found := _DIRECTIVE.search(text):
        raise _at_offset(text, found.start(), file, "a feature file holds no YAML directives", "remove the line")


def _events(text: str, file: str | None) -> list[Any]:
    """The parser's events of the values of the only document, in order; none where there is no document.

    :raises FeatureError: where the file is too deep or too long to be made into objects.
    :raises yaml.YAMLError: where it is no YAML.
    """
    loader, anchors = _Loader(text), dict[str, Any]()
    found: list[Any] = []
    depth = documents = 0
    try:
        while loader.check_event():
            event = loader.get_event()
            kind = type(event)
            if kind in _ENDS:
                depth -= 1
            elif kind in _STARTS:
                depth += 1
            elif kind is yaml.AliasEvent:
                raise _at(event.start_mark, file, "a feature file holds no YAML aliases", "write the value out")
            elif kind is not yaml.ScalarEvent:
                documents += kind is yaml.DocumentStartEvent
                if documents > 1:
                    what = "expected a single document in the stream"
                    raise yaml.composer.ComposerError(what, found[0].start_mark, "but found another document", event.start_mark)
                continue
            found.append(event)
            if depth > limits.FILE_DEPTH:
                raise _at(event.start_mark, file, f"the file nests deeper than {limits.FILE_DEPTH} levels")
            if len(found) > limits.FILE_NODES:
                raise _at(event.start_mark, file, f"the file has more than {limits.FILE_NODES:,} values")
            if kind not in _ENDS and event.anchor is not None:
                first = anchors.setdefault(event.anchor, event.start_mark)
                if first is not event.start_mark:
                    what = "found duplicate anchor; first occurrence"
                    raise yaml.composer.ComposerError(what, first, "second occurrence", event.start_mark)
    finally:
        loader.dispose()
    return found


def _at_offset(text: str, offset: int, file: str | None, message: str, hint: str) -> FeatureError:
    line = text.count("\n", 0, offset) + 1
    return FeatureError(message, file=file, line=line, column=offset - text.rfind("\n", 0, offset), hint=hint)


def _at(mark: Any, file: str | None, message: str, hint: str | None = None) -> FeatureError:
    return FeatureError(message, file=file, line=mark.line + 1, column=mark.column + 1, hint=hint)


class _Converter:
    """Events of PyYAML to Marked values; their depth and number are limited before."""

    def __init__(self, text: str, file: str | None, events: Iterable[Any]) -> None:
        self._lines = text.split("\n")
        self._file = file
        self._events = iter(events)
        self._loader: Any = yaml.SafeLoader("")

    def convert(self) -> Marked:
        """The value that the next events make."""
        return self._value(next(self._events))

    def _value(self, event: Any) -> Marked:
        if type(event) is yaml.ScalarEvent:
            source = self._source(event)
            return Marked(self._scalar(event), source)
        source = Source(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
        if type(event) is yaml.MappingStartEvent:
            return self._mapping(source)
        items = []
        while type(event := next(self._events)) is not yaml.SequenceEndEvent:
            items.append(self._value(event))
        return Marked(items, source)

    def _mapping(self, source: Source) -> Marked:
        found: dict[str, Marked] = {}
        keys: dict[str, Source] = {}
        while type(event := next(self._events)) is not yaml.MappingEndEvent:
            mark = event.start_mark
            key = self._scalar(event) if type(event) is yaml.ScalarEvent else None
            if not isinstance(key, str):
                raise _at(mark, self._file, "a key has to be text", "quote it")
            if key in found:
                raise _at(mark, self._file, f"the key {key!r} stands twice")
            keys[key] = Source(self._file, mark.line + 1, mark.column + 1)
            found[key] = self.convert()
        return Marked(found, source, keys)

    def _tag(self, event: Any) -> str:
        if event.tag not in (None, "!"):
            return str(event.tag)
        return str(self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)) if event.implicit[0] else _TEXT

    def _scalar(self, event: Any) -> Any:
        tag, text, mark = self._tag(event), event.value, event.start_mark
        if tag == _TEXT:
            return text
        written = text[:40]
        if tag == _TAG + "merge":
            raise _at(mark, self._file, "a feature file holds no YAML merge keys", "write the fields out")
        if tag not in _SCALARS and tag not in _RESOLVED:
            raise _at(mark, self._file, f"a feature file holds no YAML tags such as {tag[:80]!r}", "remove it")
        if tag not in _SCALARS:
            raise _at(mark, self._file, f"{written!r} is neither text nor a number", "quote it")
        if tag in (_TAG + "int", _TAG + "float"):
            if len(text) > _NUMBER_LENGTH:
                raise _at(mark, self._file, f"the number has more than {_NUMBER_LENGTH} digits", "quote it")
            if not _PLAIN_NUMBER.fullmatch(text):
                message = f"YAML would read {written!r} as a number of another base"
                raise _at(mark, self._file, message, "quote it, or write it in decimal")
        try:
            return self._loader.construct_object(yaml.ScalarNode(tag, text, mark))
        except (ValueError, yaml.YAMLError):
            raise _at(mark, self._file, f"{written!r} is no value", "quote it") from None

    def _source(self, event: Any) -> Source:
        mark, end, style = event.start_mark, event.end_mark, event.style
        line, column = mark.line + 1, mark.column + 1
        if style == "|":
            indent = self._block_indent(mark.line + 1, end.line)
            return Source(self._file, line + 1, indent + 1, indent)
        quoted = 1 if style in ("'", '"') else 0
        return Source(self._file, line, column + quoted, 0, end.line == mark.line)

    def _block_indent(self, first: int, last: int) -> int:
        for line in self._lines[first : last + 1]:
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return 0
