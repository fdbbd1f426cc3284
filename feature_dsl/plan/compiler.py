"""Compiles a feature set: picks features, resolves names, lowers scripts in order of use, lays outputs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from feature_dsl.document.domains import CONTEXT
from feature_dsl.document.features import Feature
from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.operations.base import TypeProblem
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.lowering import Compiled, Lowering, Resolve, references
from feature_dsl.plan.nodes import COLUMN, Input, Node, Output
from feature_dsl.plan.plan import Plan
from feature_dsl.plan.serial import prune
from feature_dsl.types import FLOAT, INT, Type, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.feature_set import FeatureSet


class Compiler:
    """One compilation. Features are added when they are first needed, those that they use before them."""

    def __init__(self, features: FeatureSet, schema: pa.Schema | None, bind: Mapping[str, str], fold: bool = True) -> None:
        self._set = features
        self._schema = schema
        self._bind = bind
        self._builder = Builder(fold=fold, share=fold)
        self._by_name = {feature.name: feature for feature in features.features}
        self._declared = {name: (domain, kind) for domain in features.domains for name, kind in domain.columns.items()}
        self._compiled: dict[str, Compiled] = {}
        self._domains_of: dict[str, frozenset[str]] = {}
        self._order = [domain.name for domain in features.domains]
        if CONTEXT not in self._order:
            self._order.append(CONTEXT)
        for name in bind:
            known = [*self._declared, *(schema.names if schema is not None else ())]
            if name not in known and schema is None and not self._reads(name):
                raise self._error(f"bind names a column {name!r} that the feature file does not have", name, known)

    def plan(self, only: Iterable[str] | None, domains: Iterable[str] | None) -> Plan:
        """The plan of the picked features."""
        picked = self._pick(only, domains)
        for feature in picked:
            self._require(feature)
        nodes, placed = prune(self._builder.nodes, [self._compiled[feature.name].value for feature in picked])
        outputs = tuple(self._output(feature, nodes, placed) for feature in picked)
        _check_tables(outputs, self._set)
        inputs = tuple(Input(node.name, node.type) for node in nodes if node.op == COLUMN)
        return Plan(self._set.group, tuple(nodes), inputs, outputs)

    def _pick(self, only: Iterable[str] | None, domains: Iterable[str] | None) -> list[Feature]:
        picked = list(self._set.features)
        if only is not None:
            wanted = [only] if isinstance(only, str) else list(only)
            for name in wanted:
                if name not in self._by_name:
                    raise self._error(f"there is no feature {name!r} to pick", name, self._by_name)
            chosen = set(wanted)
            picked = [feature for feature in picked if feature.name in chosen]
        if domains is not None:
            names = frozenset([domains] if isinstance(domains, str) else domains)
            for name in sorted(names):
                if name not in self._order:
                    raise self._error(f"there is no domain {name!r} to pick", name, self._order)
            picked = [feature for feature in picked if self._domains(feature) <= names]
        if not picked:
            raise FeatureError("no feature is picked", file=self._set.file, hint="only and domains leave none over")
        return picked

    def require(self, name: str) -> None:
        """Compiles a feature and those that it uses; what is compiled already stays. Raises FeatureError."""
        self._require(self._by_name[name])

    def _require(self, feature: Feature) -> None:
        stack = [feature]
        while stack:
            current = stack[-1]
            waiting = [
                self._by_name[name]
                for name, _ in references(current)
                if name in self._by_name and name != current.name and name not in self._compiled
            ]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            if current.name not in self._compiled:
                compiled = Lowering(current, self._builder, self._resolver(current)).run()
                self._role(current, self._builder.nodes[compiled.value].type)
                self._compiled[current.name] = compiled

    def _resolver(self, feature: Feature) -> Resolve:
        def resolve(name: str) -> Compiled | int:
            if name != feature.name and name in self._compiled:
                return self._compiled[name]
            return self._column(name)

        return resolve

    def _column(self, name: str) -> int:
        data_name = self._bind.get(name, name)
        declared = self._declared[name][1] if name in self._declared else None
        if self._schema is None:
            if declared is None:
                hint = did_you_mean(name, [*self._by_name, *self._declared], list_few=False)
                hint = hint or "declare it in the file's domains, or compile against a schema"
                raise TypeProblem(f"there is no feature and no column {name!r}", hint=hint)
            return self._builder.column(data_name, declared)
        if data_name not in self._schema.names:
            raise TypeProblem(f"the data has no column {data_name!r}", hint=did_you_mean(data_name, self._schema.names))
        return self._builder.column(data_name, self._checked(data_name, declared))

    def _checked(self, name: str, declared: Type | None) -> Type:
        assert self._schema is not None
        data_type = self._schema.field(name).type
        found = from_arrow(data_type)
        if found is None and str(data_type) == "null" and declared is not None:
            return declared
        if found is None or declared not in (None, found):
            wanted = f"declared as {declared}" if declared else "not of a type that the language has"
            hint = "cast the column, or change its declaration" if declared else "cast it to int64, float64, utf8 or bool"
            raise TypeProblem(f"the column {name!r} is {data_type} in the data, but {wanted}", hint=hint)
        return found

    def _reads(self, name: str) -> bool:
        return any(name == used for feature in self._set.features for used, _ in references(feature))

    def _domains(self, feature: Feature) -> frozenset[str]:
        """Domains of the columns that a feature reads, through the features that it uses too."""
        stack = [feature]
        while stack:
            current = stack.pop()
            if current.name in self._domains_of:
                continue
            used = {name for name, _ in references(current)}
            inner = [self._by_name[name] for name in used if name != current.name and name in self._by_name]
            waiting = [other for other in inner if other.name not in self._domains_of]
            if waiting:
                stack += [current, *waiting]
                continue
            found = {domain for other in inner for domain in self._domains_of[other.name]}
            for name in used - {other.name for other in inner}:
                found.add(self._declared[name][0].name if name in self._declared else CONTEXT)
            self._domains_of[current.name] = frozenset(found or {CONTEXT})
        return self._domains_of[feature.name]

    def _role(self, feature: Feature, kind: Type) -> str:
        role = feature.role or ("dense" if kind.element == FLOAT else "categorical")
        if role == "categorical" and kind.element == FLOAT:
            raise feature.source.error(f"{feature.name} is categorical, but its values are float64", hint="cast them with int()")
        return role

    def _output(self, feature: Feature, nodes: list[Node], placed: dict[int, int]) -> Output:
        compiled = self._compiled[feature.name]
        index = placed[compiled.value]
        node = nodes[index]
        role = self._role(feature, node.type)
        domains = self._domains(feature)
        cardinality = feature.cardinality
        if cardinality is None and role == "categorical" and node.type.element == INT:
            cardinality = node.bounds[1] + 1 if node.bounds and node.bounds[0] >= 0 and node.bounds[1] < 2**40 else None
        return Output(
            feature.name,
            index,
            node.type,
            role,
            cardinality if role == "categorical" else None,
            compiled.max_length,
            compiled.length,
            tuple(name for name in self._order if name in domains),
            feature.table or feature.name,
        )

    def _error(self, message: str, name: str, known: Iterable[str]) -> FeatureError:
        return FeatureError(message, file=self._set.file, hint=did_you_mean(name, known))


def _check_tables(outputs: Iterable[Output], features: FeatureSet) -> None:
    """Features that share a table have to agree on how many rows it has."""
    first: dict[str, Output] = {}
    for output in outputs:
        other = first.setdefault(output.table, output)
        if other.cardinality != output.cardinality or other.role != output.role:
            message = (
                f"{other.name} and {output.name} share the table {output.table!r}, but one has "
                f"{other.cardinality} rows and the other {output.cardinality}"
            )
            raise features.feature(output.name).source.error(message, hint="state the same cardinality in both")
