"""Feature sets: loaded from a file or a text, compiled to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feature_dsl import limits
from feature_dsl.collecting import without_collecting
from feature_dsl.document.domains import CONTEXT, Domain, Refuse
from feature_dsl.document.features import Document, Feature, at_once, read_document, single
from feature_dsl.document.marked import parse
from feature_dsl.errors import FeatureError, FeatureWarning, did_you_mean
from feature_dsl.kinds.base import Lowered
from feature_dsl.plan.lowering import references
from feature_dsl.plan.plan import Plan
from feature_dsl.syntax.parser import parse_script
from feature_dsl.syntax.source import Source

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """A feature file that was read: nothing in it is typed yet.

    :param group: the file's group.
    :param domains: who columns belong to.
    :param features: in the file's order, overridden ones left out.
    :param warnings: what looks like a mistake but is none.
    :param file: the file, None of a text.
    """

    group: str
    domains: tuple[Domain, ...]
    features: tuple[Feature, ...]
    warnings: tuple[FeatureWarning, ...]
    file: str | None

    @property
    def names(self) -> list[str]:
        """Names of the features, in order."""
        return [feature.name for feature in self.features]

    @without_collecting
    def compile(
        self,
        only: Iterable[str] | None = None,
        domains: Iterable[str] | None = None,
        schema: pa.Schema | None = None,
        bind: Mapping[str, str] | None = None,
    ) -> Plan:
        """The typed plan of some features, or of all.

        :param only: names of the features wanted, None for all; the result keeps the file's order.
        :param domains: features that read columns of these domains and of no other.
        :param schema: the data's schema: column types are checked against it, and those not declared taken from it.
        :param bind: names that columns have in the data, by their names in the feature file.
        :raises FeatureError: unknown names, wrong types, missing columns, with file, line and column.
        """
        from feature_dsl.plan.compiler import Compiler

        return Compiler(self, schema, bind or {}).plan(only, domains)

    def script(self, name: str) -> str:
        """The script of public operations that a feature is. Raises FeatureError where there is no such feature."""
        from feature_dsl.syntax.printer import print_script

        return print_script(self.feature(name).script)

    def feature(self, name: str) -> Feature:
        """A feature by name. Raises FeatureError where there is none."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise FeatureError(f"there is no feature {name!r}", file=self.file, hint=did_you_mean(name, self.names))

    def lowered(self) -> str:
        """The whole set as a feature file of raw scripts; loaded again it compiles to the same plan."""
        from feature_dsl.document.writer import write_document

        return write_document(self)


def load(path_or_text: str | Path) -> FeatureSet:
    """Reads a feature file (YAML), or the text of one, or a bare script, which becomes a feature named ``feature``.

    :param path_or_text: a path; or text, which has a newline or a brace in it.
    :raises FeatureError: with file, line, column and a hint.
    """
    return read(*text_of(path_or_text))


@without_collecting
def read(text: str, file: str | None, refuse: Refuse = at_once) -> FeatureSet:
    """The features of a text.

    :param file: the file that mistakes are said to be in.
    :param refuse: gets the mistakes beside which reading goes on: in columns, in entries, features that use each other in a circle.
    :raises FeatureError: where the rest cannot be read, and what ``refuse`` raises.
    """
    _check_encodable(text, file)
    if text.lstrip().startswith("def "):
        source = Source(file)
        document = single("feature", Lowered(parse_script(text, source), source), source)
    else:
        document = read_document(parse(text, file), refuse)
    for problem in _circles(document):
        refuse(problem)
    return FeatureSet(document.group, document.domains, document.features, document.warnings, file)


def text_of(path_or_text: str | Path) -> tuple[str, str | None]:
    """A text and the file that it was read from, None of a text. Raises FeatureError where the file cannot be read."""
    if isinstance(path_or_text, str) and ("\n" in path_or_text or "{" in path_or_text):
        return path_or_text, None
    name = str(path_or_text)
    most = 4 * limits.FILE_CHARACTERS
    try:
        with Path(path_or_text).open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise FeatureError(f"the feature file is longer than {limits.FILE_CHARACTERS:,} characters", file=name)
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), name
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise FeatureError(f"the feature file is not UTF-8: {problem.reason}", file=name, line=line) from None
    except OSError as problem:
        raise FeatureError(f"the feature file cannot be read: {problem.strerror or problem}", file=name[:200]) from None
    except ValueError as problem:
        if isinstance(problem, FeatureError):
            raise
        raise FeatureError(f"the feature file cannot be read: {problem}", file=name[:200]) from None


def _check_encodable(text: str, file: str | None) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        line = text.count("\n", 0, problem.start) + 1
        message = "the text holds half of a surrogate pair, which is no text"
        raise FeatureError(message, file=file, line=line, column=problem.start - text.rfind("\n", 0, problem.start)) from None


def _circles(document: Document) -> Iterator[FeatureError]:
    """An error for each circle in which features use each other."""
    by_name = {feature.name: feature for feature in document.features}
    uses = {
        name: [(other, at) for other, at in references(feature) if other in by_name and other != name] for name, feature in by_name.items()
    }
    done: set[str] = set()
    for start in by_name:
        path: dict[str, None] = {}
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            name, position = stack.pop()
            if position == 0:
                if name in done:
                    continue
                path[name] = None
            if position < len(uses[name]):
                stack.append((name, position + 1))
                other, at = uses[name][position]
                if other not in path:
                    stack.append((other, 0))
                    continue
                names = list(path)
                circle = " → ".join([*names[names.index(other) :], other])
                feature = by_name[name]
                yield feature.source.error(f"features use each other in a circle: {circle}", at if feature.written else None)
            else:
                del path[name]
                done.add(name)


__all__ = ["CONTEXT", "FeatureSet", "load", "read", "text_of"]
