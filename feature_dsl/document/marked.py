"""YAML values that know their place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from feature_dsl import limits
from feature_dsl.errors import FeatureError
from feature_dsl.syntax.source import Source

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = {"tag:yaml.org,2002:" + name for name in ("null", "bool", "int", "float", "str")}


@dataclass(frozen=True, slots=True)
class Marked:
    """A YAML value: a scalar, a list of Marked or a dict of them.

    :param source: where its text lies in the file.
    """

    value: Any
    source: Source

    def error(self, message: str, hint: str | None = None) -> FeatureError:
        """An error at this value."""
        return self.source.error(message, hint=hint)


def parse(text: str, file: str | None) -> Marked:
    """The one document in a YAML text. Raises FeatureError with the place of a mistake."""
    if len(text) > limits.FILE_CHARACTERS:
        raise FeatureError(f"the feature file is longer than {limits.FILE_CHARACTERS:,} characters", file=file)
    try:
        _check_depth(yaml.parse(text, Loader=_Loader), file)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"the file is not YAML: {problem.problem or problem.context}"
        raise FeatureError(message, file=file, line=line, column=column) from None
    except yaml.reader.ReaderError as problem:
        raise FeatureError(f"the file is not YAML: {problem.reason}", file=file, line=1, column=1) from None
    if root is None:
        raise FeatureError("the feature file is empty", file=file, line=1, column=1)
    return _Converter(text, file).convert(root)


def _check_depth(events: Iterable[Any], file: str | None) -> None:
    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise _at(mark, file, "a feature file holds no YAML aliases", "write the value out")
        if depth > limits.FILE_DEPTH:
            raise _at(mark, file, f"the file nests deeper than {limits.FILE_DEPTH} levels")


def _at(mark: Any, file: str | None, message: str, hint: str | None = None) -> FeatureError:
    return FeatureError(message, file=file, line=mark.line + 1, column=mark.column + 1, hint=hint)


class _Converter:
    """Nodes of PyYAML to Marked values; depth is limited before, the number of nodes here."""

    def __init__(self, text: str, file: str | None) -> None:
        self._lines = text.split("\n")
        self._file = file
        self._constructor = yaml.SafeLoader("")
        self._left = limits.FILE_NODES

    def convert(self, node: Any) -> Marked:
        self._left -= 1
        if self._left < 0:
            raise _at(node.start_mark, self._file, f"the file has more than {limits.FILE_NODES:,} values")
        source = self._source(node)
        if isinstance(node, yaml.SequenceNode):
            return Marked([self.convert(child) for child in node.value], source)
        if isinstance(node, yaml.MappingNode):
            return Marked(self._mapping(node), source)
        return Marked(self._scalar(node), source)

    def _mapping(self, node: Any) -> dict[str, Marked]:
        found: dict[str, Marked] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise _at(key_node.start_mark, self._file, "a key has to be text", "quote it")
            if key in found:
                raise _at(key_node.start_mark, self._file, f"the key {key!r} stands twice")
            found[key] = self.convert(value_node)
        return found

    def _scalar(self, node: Any) -> Any:
        if node.tag not in _SCALARS:
            raise _at(node.start_mark, self._file, f"{node.value[:40]!r} is neither text nor a number", "quote it")
        try:
            return self._constructor.construct_object(node)
        except (ValueError, yaml.YAMLError):
            raise _at(node.start_mark, self._file, f"{node.value[:40]!r} is no value", "quote it") from None

    def _source(self, node: Any) -> Source:
        mark = node.start_mark
        line, column = mark.line + 1, mark.column + 1
        if not isinstance(node, yaml.ScalarNode):
            return Source(self._file, line, column)
        if node.style == "|":
            indent = self._block_indent(mark.line + 1, node.end_mark.line)
            return Source(self._file, line + 1, indent + 1, indent)
        quoted = 1 if node.style in ("'", '"') else 0
        return Source(self._file, line, column + quoted, exact=node.end_mark.line == mark.line)

    def _block_indent(self, first: int, last: int) -> int:
        for line in self._lines[first : last + 1]:
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return 0
