"""Scripts to nodes: walks a feature's syntax tree with its variables, and finds what ``x(name)`` means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from feature_dsl import limits
from feature_dsl.document.features import Feature
from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.operations.base import TypeProblem, versioned
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.nodes import Node
from feature_dsl.syntax.tree import Call, Expression, Literal, Name, Position, Statement, walk
from feature_dsl.types import BOOL, INT, TEXT, Value

REFERENCES = ("x", "before_hash")
_HASHES = ("hash_bucket", "hash_mod", "hash", "id", "murmur_bucket", "murmur_mod", "farm_bucket", "farm_mod")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A feature's nodes.

    :param value: its column, stand-ins in place.
    :param unhashed: what it hashes, or ``value`` where it does not hash.
    """

    value: int
    unhashed: int
    max_length: int | None
    length: int | None


Resolve = Callable[[str], Compiled | int]
"""From a name to the feature, or to the node of the column, that it means. Raises TypeProblem."""


def references(feature: Feature) -> Iterator[tuple[str, Position | None]]:
    """Names that a feature's script gives to ``x`` and ``before_hash``."""
    for statement in (*feature.script.setup, *feature.script.main):
        for part in walk(statement.value):
            if isinstance(part, Call) and part.name in REFERENCES and len(part.arguments) == 1:
                argument = part.arguments[0]
                if isinstance(argument, Literal) and isinstance(argument.value, str):
                    yield argument.value, part.at


class Lowering:
    """Adds one feature's script to a builder."""

    def __init__(self, feature: Feature, builder: Builder, resolve: Resolve) -> None:
        self._feature = feature
        self._builder = builder
        self._resolve = resolve
        self._variables: dict[str, int] = {}

    def run(self) -> Compiled:
        """Raises FeatureError with the place in the feature file."""
        script = self._feature.script
        for statement in script.setup:
            self._constant(statement)
        for statement in script.main[:-1]:
            self._statement(statement)
        return self._finish(script.meta, script.main[-1].value)

    def _statement(self, statement: Statement) -> None:
        index = self._expression(statement.value)
        if statement.target is not None:
            self._variables[statement.target] = index

    def _constant(self, statement: Statement) -> None:
        if any(isinstance(part, Call) and part.name in REFERENCES for part in walk(statement.value)):
            raise self._error("setup holds constants, and this reads a column", statement.at, "move it to main")
        self._statement(statement)

    def _expression(self, expression: Expression) -> int:
        if isinstance(expression, Literal):
            return self._builder.literal(expression.value)
        if isinstance(expression, Name):
            if expression.name not in self._variables:
                hint = did_you_mean(expression.name, self._variables) or f'a column is x("{expression.name}")'
                raise self._error(f"nothing is called {expression.name!r} here", expression.at, hint)
            return self._variables[expression.name]
        if expression.name in REFERENCES:
            return self._reference(expression)
        if expression.name == "array" and all(isinstance(argument, Literal) for argument in expression.arguments):
            listed = self._builder.listed([argument.value for argument in expression.arguments if isinstance(argument, Literal)])
            if listed is not None:
                return listed
        arguments = [self._expression(argument) for argument in expression.arguments]
        return self._call(expression.name, arguments, expression)

    def _call(self, name: str, arguments: Sequence[int], expression: Expression) -> int:
        try:
            return self._builder.call(name, arguments)
        except TypeProblem as problem:
            at, faulty = expression.at, expression
            if problem.argument is not None and isinstance(expression, Call) and problem.argument < len(expression.arguments):
                faulty = expression.arguments[problem.argument]
                at = faulty.at or at
            said = f": {problem.message}" if problem.message.startswith("the ") else f" {problem.message}"
            message = problem.message if problem.message.startswith("there is no") else name + said
            raise self._error(message, at, problem.hint, faulty) from None

    def _reference(self, expression: Call) -> int:
        arguments = expression.arguments
        name = arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Literal) else None
        if not isinstance(name, str) or not name:
            bare = arguments[0].name if arguments and isinstance(arguments[0], Name) else "age"
            raise self._error(f"{expression.name} takes one name in quotes", expression.at, f'{expression.name}("{bare}")')
        try:
            found = self._resolve(name)
        except TypeProblem as problem:
            raise self._error(problem.message, expression.at, problem.hint, expression) from None
        if isinstance(found, int):
            return found
        return found.value if expression.name == "x" else found.unhashed

    def _finish(self, meta: Call, value: Expression) -> Compiled:
        parts = [self._constant_argument(argument) for argument in meta.arguments]
        if meta.name == "initArray":
            return self._array(meta, parts, self._expression(value), value)
        raw = self._listed(self._expression(value), value)
        if meta.name == "initValue" and not self._node(raw).type.is_list:
            return self._scalar(raw, self._builder.literal(0), meta)
        most = self._length(meta, parts) if parts else None
        if len(parts) > 1 or not self._node(raw).type.is_list:
            message = f"{meta.name} takes the longest length alone" if len(parts) > 1 else "initList is for a list"
            raise self._error(message, meta.at or value.at, "initArray(1, 0) is for a scalar")
        final = raw
        reach = self._builder.lengths.longest(raw)
        if most is not None and (reach is None or reach > most):
            reach = most
            final = self._call("take", [raw, self._builder.literal(most)], meta)
        final = self._call("drop_missing", [final], meta) if self._may_miss(final) else final
        return self._compiled(self._numeric(final, value), raw, reach, None)

    def _array(self, meta: Call, parts: list[Value], raw: int, value: Expression) -> Compiled:
        if not 1 <= len(parts) <= 2:
            raise self._error("initArray takes a length and what stands in for missing places", meta.at)
        length = self._length(meta, parts)
        stand_in = parts[1] if len(parts) == 2 else 0
        if isinstance(stand_in, bool) or not isinstance(stand_in, int | float):
            raise self._error("what stands in for missing places has to be a number", meta.at)
        filler = self._builder.literal(stand_in)
        raw = self._listed(raw, value)
        if length == 1:
            return self._scalar(self._first(raw, value), filler, meta)
        if not self._node(raw).type.is_list:
            raw = self._call("array", [raw], value)
        final = self._call("pad", [raw, self._builder.literal(length), filler], meta)
        return self._compiled(self._numeric(final, value), raw, length, length)

    def _scalar(self, raw: int, filler: int, meta: Call) -> Compiled:
        final = raw if self._never_missing(raw) else self._call("coalesce", [raw, filler], meta)
        return self._compiled(self._numeric(final, meta), raw, None, None)

    def _first(self, index: int, value: Expression) -> int:
        node = self._node(index)
        if not node.type.is_list:
            return index
        if node.op == "array":
            return node.args[0]
        return self._call("get", [index, self._builder.literal(0)], value)

    def _listed(self, index: int, value: Expression) -> int:
        """The node as numbers: bools are 0 and 1, texts are refused."""
        node = self._node(index)
        if node.type.element == BOOL:
            return self._call("int", [index], value)
        if node.type.element == TEXT and not self._builder.is_missing(index):
            message = f"the feature {self._feature.name!r} gives {node.type.element}, and a feature is a number"
            raise self._error(message, value.at, "index() it in a vocabulary or hash_bucket() it", value)
        return index

    def _numeric(self, index: int, value: Expression) -> int:
        node = self._node(index)
        return self._builder.constant(0, INT) if node.type == TEXT else index

    def _never_missing(self, index: int) -> bool:
        return not self._node(index).type.is_list and not self._may_miss(index)

    def _may_miss(self, index: int) -> bool:
        node = self._node(index)
        operation = versioned(node.op, node.version)
        return operation is None or not operation.total

    def _compiled(self, value: int, raw: int, max_length: int | None, length: int | None) -> Compiled:
        hashes = self._node(raw).op in _HASHES
        return Compiled(value, self._node(raw).args[0] if hashes else value, max_length, length)

    def _constant_argument(self, argument: Expression) -> Value:
        index = self._expression(argument)
        if index not in self._builder.known:
            raise self._error("meta holds constants alone", argument.at)
        return self._builder.known[index]

    def _length(self, meta: Call, parts: list[Value]) -> int:
        length = parts[0]
        if type(length) is not int or not 1 <= length <= limits.LIST_LENGTH:
            message = f"the length in {meta.name} has to be an integer from 1 to {limits.LIST_LENGTH}"
            raise self._error(message, meta.arguments[0].at)
        return length

    def _node(self, index: int) -> Node:
        return self._builder.nodes[index]

    def _error(
        self, message: str, at: Position | None = None, hint: str | None = None, expression: Expression | None = None
    ) -> FeatureError:
        feature = self._feature
        if feature.written:
            return feature.source.error(message, at, hint)
        # A script that a kind made has no text: the mistake lies where the entry names what the expression reads.
        read = [place for place in map(feature.places.get, _texts(expression)) if place is not None]
        place = read[0] if read else feature.source
        return place.error(message if f"feature {feature.name!r}" in message else f"{feature.name}: {message}", hint=hint)


def _texts(expression: Expression | None) -> Iterator[str]:
    for part in walk(expression) if expression is not None else ():
        if isinstance(part, Literal) and isinstance(part.value, str):
            yield part.value
