"""Builds a plan's nodes: types and widens arguments, folds constants, shares what is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from feature_dsl import limits
from feature_dsl.errors import did_you_mean
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, latest, names
from feature_dsl.plan import growth
from feature_dsl.plan.lengths import Lengths
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node
from feature_dsl.reference.meaning import apply_meaning
from feature_dsl.types import BOOL, FLOAT, INT, TEXT, Scalar, Type, Value

_TYPE_OF = {bool: BOOL, int: INT, float: FLOAT, str: TEXT}
_REFINABLE: dict[str, tuple[Callable[[int], int] | None, Callable[[int], int] | None]] = {
    "lt": (lambda c: c, None), "le": (lambda c: c + 1, None), "ge": (None, lambda c: c - 1), "gt": (None, lambda c: c),
}  # fmt: skip


def constant_bounds(value: Value, kind: Type) -> Bounds | None:
    """Bounds of an int64 constant or of a list of them."""
    if kind.element != INT:
        return None
    values = [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, int)]
    return (min(values), max(values)) if values else None


class Builder:
    """A growing list of nodes.

    :param fold: put a constant in the place of an operation on constants (by the reference meaning); else only
        remember its value, for type rules ask for constants.
    :param share: give equal expressions one node.
    """

    def __init__(self, fold: bool = True, share: bool = True) -> None:
        self.nodes: list[Node] = []
        self.known: dict[int, Value] = {}
        self.fold = fold
        self._share = share
        self._places: dict[object, int] = {}
        self._growth: dict[int, int] = {}
        self.lengths = Lengths(self.nodes, self.known)

    def add(self, node: Node) -> int:
        """The index of a node, an earlier one where it is the same and sharing is on."""
        key = (node.op, node.version, node.args, node.type, node.lifted, repr(node.value), node.name)
        if self._share and key in self._places:
            return self._places[key]
        self.nodes.append(node)
        self._places[key] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def column(self, name: str, kind: Type) -> int:
        """The node of a column of the data."""
        return self.add(Node(COLUMN, 0, (), kind, name=name, bounds=(0, 1) if kind.element == BOOL else None))

    def literal(self, value: Scalar) -> int:
        """The node of a scalar constant; "" is missing."""
        kind = _TYPE_OF.get(type(value), TEXT)
        return self.constant(None if value == "" else value, kind)

    def constant(self, value: Value, kind: Type) -> int:
        """The node of a constant of a given type."""
        index = self.add(Node(CONSTANT, 0, (), kind, value=value, bounds=constant_bounds(value, kind)))
        self.known[index] = value
        return index

    def listed(self, values: Sequence[Scalar]) -> int | None:
        """The node of ``array`` of scalar constants, without a node for each; None where it takes the way of other operations.

        That way is for what ``array`` may refuse, "" and types that mix among it.
        """
        kinds = {type(value) for value in values}
        if not self.fold or len(kinds) != 1 or not 1 <= len(values) <= limits.LIST_LENGTH:
            return None
        kind = _TYPE_OF[kinds.pop()]
        if kind == TEXT and not all(0 < len(str(value)) < limits.TEXT_UNIT for value in values):
            return None
        return self.constant(tuple(values), kind.as_list)

    def call(self, name: str, args: Sequence[int]) -> int:
        """The node of an operation on earlier nodes. Raises TypeProblem."""
        operation = latest(name)
        if operation is None:
            raise TypeProblem(f"there is no operation {name!r}", hint=did_you_mean(name, [*names(), "x", "before_hash"]))
        return self.apply(operation, args)

    def apply(self, operation: Operation, args: Sequence[int]) -> int:
        """The node of one version of an operation on earlier nodes. Raises TypeProblem."""
        arguments = [self._argument(index) for index in args]
        lifted = [index for index in operation.lifts if index < len(args) and arguments[index].type.is_list]
        if len(lifted) > 1:
            raise TypeProblem("takes one list at most", lifted[1])
        scalars = [
            Argument(argument.type.element, bounds=argument.bounds) if index in lifted else argument
            for index, argument in enumerate(arguments)
        ]
        signature = operation.rule(scalars)
        coerced = self._coerce_all(args, signature, lifted)
        final = [self._argument(index) for index in coerced]
        kind = signature.result.as_list if lifted else signature.result
        longer = growth.of_call(operation.name, kind, [self._grown(index) for index in coerced], [argument.value for argument in final])
        value: Value = None
        constant = all(argument.constant for argument in final)
        if constant:
            value = apply_meaning(operation, [argument.value for argument in final], bool(lifted))
            constant = not isinstance(value, tuple) or len(value) <= limits.LIST_LENGTH
        if constant and self.fold:
            return self.constant(value, kind)
        bounds = self._bounds(operation, coerced, final) if kind.element in (INT, BOOL) else None
        index = self.add(Node(operation.name, operation.version, tuple(coerced), kind, bool(lifted), bounds=bounds))
        self._growth[index] = longer
        if constant:
            self.known[index] = value
        return index

    def _grown(self, index: int) -> int:
        if index not in self._growth:
            node = self.nodes[index]
            self._growth[index] = growth.of_constant(node.value) if node.op == CONSTANT else growth.of_column(node.type)
        return self._growth[index]

    def coerce(self, index: int, kind: Type) -> int:
        """The node as a given type: "" fits every type, int64 widens to float64. Raises TypeProblem."""
        node = self.nodes[index]
        if node.type == kind:
            return index
        if self.is_missing(index):
            return self.constant(() if kind.is_list else None, kind)
        if node.type.is_list == kind.is_list and (node.type.name, kind.name) == ("int64", "float64"):
            return self.call("float", [index])
        raise TypeProblem(f"wants {kind}, not {node.type}")

    def is_missing(self, index: int) -> bool:
        """Whether the node is the constant "", which is the missing value of every type."""
        return self._argument(index).is_missing

    def _coerce_all(self, args: Sequence[int], signature: Signature, lifted: Sequence[int]) -> list[int]:
        coerced = []
        for position, (index, kind) in enumerate(zip(args, signature.expected, strict=True)):
            try:
                coerced.append(self.coerce(index, kind.as_list if position in lifted else kind))
            except TypeProblem as problem:
                raise TypeProblem(problem.message, position, problem.hint) from None
        return coerced

    def _argument(self, index: int) -> Argument:
        node = self.nodes[index]
        return Argument(node.type, index in self.known, self.known.get(index), node.bounds)

    def _bounds(self, operation: Operation, args: Sequence[int], arguments: Sequence[Argument]) -> Bounds | None:
        if operation.bounds is None:
            return None
        if operation.name == "if":
            arguments = [arguments[0], arguments[1], replace(arguments[2], bounds=self._refined(args))]
        return operation.bounds(arguments)

    def _refined(self, args: Sequence[int]) -> Bounds | None:
        """Bounds of the third argument of ``if(lt(v, c), a, v)``, which is reached only where v ≥ c, and the like."""
        condition, other = self.nodes[args[0]], self.nodes[args[2]]
        if other.bounds is None or condition.op not in _REFINABLE or condition.args[0] != args[2]:
            return other.bounds
        limit = self.known.get(condition.args[1])
        if not isinstance(limit, int):
            return other.bounds
        lowest, highest = _REFINABLE[condition.op]
        low = max(other.bounds[0], lowest(limit)) if lowest else other.bounds[0]
        high = min(other.bounds[1], highest(limit)) if highest else other.bounds[1]
        return (low, high) if low <= high else other.bounds
