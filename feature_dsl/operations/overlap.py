"""Overlap of two lists of words, a query and a title: missing elements are no words and are left out first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, register
from feature_dsl.operations.rules import INT_MAX, a_list, count, not_negative, unify
from feature_dsl.types import BOOL, FLOAT, INT, Scalar, Type, Value

Words = list[Scalar]
_SIGNATURE = "query: list, title: list of the same type"
_EMPTY = "A side without words gives missing."


def _rule(result: Type) -> Callable[[Sequence[Argument]], Signature]:
    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 2)
        a_list(arguments, 0)
        a_list(arguments, 1)
        kind = unify(arguments).element.as_list
        return Signature((kind, kind), result)

    return rule


def _words(function: Callable[[Words, Words], Value], empty: Value) -> Callable[..., Value]:
    def meaning(query: tuple[Scalar, ...], title: tuple[Scalar, ...]) -> Value:
        first: Words = [word for word in query if word is not None]
        second: Words = [word for word in title if word is not None]
        return function(first, second) if first and second else empty

    return meaning


def _count(query: Words, title: Words) -> int:
    return sum(word in title for word in query)


def _ratio(query: Words, title: Words) -> float:
    return _count(query, title) / len(query)


def _jaccard(query: Words, title: Words) -> float:
    first, second = set(query), set(title)
    return len(first & second) / len(first | second)


def _contains(query: Words, title: Words) -> bool:
    rest = iter(title)
    return all(word in rest for word in query)


def _index(query: Words, title: Words) -> int:
    starts = range(len(title) - len(query) + 1)
    return next((start for start in starts if title[start : start + len(query)] == query), -1)


def _cover(query: Words, title: Words) -> int:
    wanted = set(query)
    if not wanted <= set(title):
        return 0
    size = len(title)
    runs = (end - start for start in range(size) for end in range(start + 1, size + 1) if wanted <= set(title[start:end]))
    return min(runs)


def _distances(query: Words, title: Words) -> list[int]:
    """The least distance of each two different words of the query that stand in the title, in the order of the query."""
    found = [word for word in dict.fromkeys(query) if word in title]
    places = {word: [place for place, other in enumerate(title) if other == word] for word in found}
    return [min(abs(a - b) for a in places[one] for b in places[other]) for one, other in combinations(found, 2)]


def _distance(combine: Callable[[list[int]], int | float]) -> Callable[[Words, Words], Value]:
    def meaning(query: Words, title: Words) -> Value:
        distances = _distances(query, title)
        return combine(distances) if distances else None

    return meaning


def _kernel(name: str) -> str:
    module = "proximity" if name == "cover" or name.startswith("distance") else "overlap"
    return f"feature_dsl.kernels.{module}:{name}"


def _positions(_: Sequence[Argument]) -> Bounds:
    return -1, INT_MAX


def _truth(_: Sequence[Argument]) -> Bounds:
    return 0, 1


_A, _B = 'split("b c", " ")', 'split("a b c d", " ")'
_OPERATIONS: tuple[
    tuple[str, Type, Callable[[Words, Words], Value], Value, Callable[[Sequence[Argument]], Bounds] | None, str,
          tuple[tuple[str, str], ...], tuple[str, ...]], ...
] = (
    ("overlap_count", INT, _count, 0, not_negative, "How many of the query's words stand in the title.",
     ((f"overlap_count({_A}, {_B})", "2"), ('overlap_count(split("x x", " "), split("x", " "))', "2")),
     ("A word that the query has twice counts twice.", "A side without words gives 0.")),
    ("overlap_ratio", FLOAT, _ratio, None, None, "Share of the first list's words that stand in the second.",
     ((f"overlap_ratio({_A}, {_B})", "1.0"), (f"overlap_ratio({_B}, {_A})", "0.5")),
     ("The query's share is overlap_ratio(query, title), the title's overlap_ratio(title, query).", _EMPTY)),
    ("jaccard", FLOAT, _jaccard, None, None, "Number of different words that both have, by the number that one of them has.",
     ((f"jaccard({_A}, {_B})", "0.5"),), (_EMPTY,)),
    ("overlap_contains", BOOL, _contains, False, _truth, "Whether the title has all words of the query in their order.",
     ((f"overlap_contains({_A}, {_B})", "true"), (f'overlap_contains(split("c b", " "), {_B})', "false")),
     ("Other words may stand between; one after another: overlap_index(query, title) >= 0.", "A side without words gives false.")),
    ("overlap_equal", BOOL, lambda query, title: query == title, False, _truth, "Whether both have the same words in the same order.",
     ((f"overlap_equal({_A}, {_A})", "true"), (f"overlap_equal({_A}, {_B})", "false")), ("A side without words gives false.",)),
    ("overlap_index", INT, _index, -1, _positions,
     "The place in the title where the whole query first stands, one word after another, or -1.",
     ((f"overlap_index({_A}, {_B})", "1"), (f"overlap_index({_B}, {_A})", "-1")),
     ("Places count words, from 0.", "A side without words gives -1.")),
    ("overlap_cover", INT, _cover, 0, not_negative,
     "Length of the shortest run of the title that holds every word of the query; 0 where there is none.",
     ((f"overlap_cover({_A}, {_B})", "2"), (f'overlap_cover(split("a d", " "), {_B})', "4"),
      (f'overlap_cover(split("x", " "), {_B})', "0")),
     ("In any order; a word that the query has twice is wanted once.", "A side without words gives 0.")),
    ("overlap_distance_min", INT, _distance(min), None, not_negative, "Least distance in the title of two different words of the query.",
     ((f'overlap_distance_min(split("a c d", " "), {_B})', "1"), (f'overlap_distance_min(split("a", " "), {_B})', "missing")), ()),
    ("overlap_distance_max", INT, _distance(max), None, not_negative, "Greatest distance in the title of two different words of the query.",
     ((f'overlap_distance_max(split("a c d", " "), {_B})', "3"),), ()),
    ("overlap_distance_mean", FLOAT, _distance(lambda distances: sum(distances) / len(distances)), None, None,
     "Mean distance in the title of two different words of the query.",
     ((f'overlap_distance_mean(split("a c d", " "), {_B})', "2.0"),), ()),
)  # fmt: skip
_PAIRS = (
    "Words that the title does not have do not count, and two words are as far apart as their nearest places.",
    "Of fewer than two such words missing.",
)
for _name, _result, _function, _empty, _bounds, _doc, _examples, _notes in _OPERATIONS:
    register(
        Operation(
            _name, 1, _rule(_result), _words(_function, _empty), _kernel(_name.removeprefix("overlap_")), _doc, _examples, "overlap",
            bounds=_bounds, signature=f"{_SIGNATURE} → {_result}", notes=_notes or _PAIRS, total=_empty is not None,
        )
    )  # fmt: skip
