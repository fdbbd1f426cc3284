"""What the tools work on: a feature file, or the plan that a model carries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feature_dsl.errors import FeatureError, FeatureWarning
from feature_dsl.feature_set import FeatureSet, read, text_of
from feature_dsl.plan.plan import Plan
from feature_dsl.types import Type

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Definition:
    """A feature file that was read, or a frozen plan.

    :param name: the file, or ``<text>``.
    :param content: one or the other.
    """

    name: str
    content: FeatureSet | Plan

    @property
    def types(self) -> dict[str, Type]:
        """Types of the columns as far as they are declared."""
        if isinstance(self.content, Plan):
            return {column.name: column.type for column in self.content.inputs}
        return {name: kind for domain in self.content.domains for name, kind in domain.columns.items()}

    @property
    def warnings(self) -> tuple[FeatureWarning, ...]:
        """What looks like a mistake in the file."""
        return () if isinstance(self.content, Plan) else self.content.warnings

    def features(self) -> FeatureSet:
        """The feature file. Raises FeatureError of a plan, which holds no scripts."""
        if isinstance(self.content, Plan):
            raise FeatureError("this is a compiled plan, which no longer holds scripts", file=self.name, hint="give the feature file")
        return self.content

    def plan(self, schema: pa.Schema | None = None) -> Plan:
        """The plan of all features, of a file compiled against the data's schema where there is one."""
        return self.content if isinstance(self.content, Plan) else self.content.compile(schema=schema)


def open_definition(path_or_text: str | Path) -> Definition:
    """Reads a feature file, or the JSON text of a plan (a model's ``features.json``).

    :raises FeatureError: with the place of a mistake.
    """
    text, file = text_of(path_or_text)
    name = file or "<text>"
    if text.lstrip().startswith("{") and '"fingerprint"' in text:
        try:
            return Definition(name, Plan.from_json(text))
        except FeatureError as problem:
            raise FeatureError(problem.message, file=file, hint=problem.hint) from None
    return Definition(name, read(text, file))
