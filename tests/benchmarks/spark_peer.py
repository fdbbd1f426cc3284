"""The benchmark's features as native Spark SQL expressions, in each of the ways of writing them that are worth trying."""

from __future__ import annotations

import feature_data as data


def by_map(column: str, words: list[str]) -> str:
    """A vocabulary as a literal map."""
    pairs = ", ".join(f"'{word}', {place}L" for place, word in enumerate(words) if place)
    return f"coalesce(element_at(map({pairs}), {column}), 0L)"


def by_position(column: str, words: list[str]) -> str:
    """A vocabulary as a search in a literal array."""
    return f"coalesce(array_position(array({', '.join(repr(word) for word in words[1:])}), {column}), 0L)"


def by_case(column: str, words: list[str]) -> str:
    """A vocabulary as a case."""
    return f"CASE {column} " + " ".join(f"WHEN '{word}' THEN {place}L" for place, word in enumerate(words) if place) + " ELSE 0L END"


def by_sum(column: str) -> str:
    """Boundaries as a sum of comparisons."""
    return "coalesce(" + " + ".join(f"CAST({column} >= {edge}D AS BIGINT)" for edge in data.BOUNDARIES) + ", 0L)"


def by_steps(column: str) -> str:
    """Boundaries as a case, the lowest first."""
    steps = " ".join(f"WHEN {column} < {edge}D THEN {place}L" for place, edge in enumerate(data.BOUNDARIES))
    return f"CASE WHEN {column} IS NULL THEN 0L {steps} ELSE {len(data.BOUNDARIES)}L END"


def by_aggregate(column: str) -> str:
    """Boundaries as a fold over a literal array."""
    edges = ", ".join(f"{edge}D" for edge in data.BOUNDARIES)
    return f"coalesce(CAST(aggregate(array({edges}), 0, (n, edge) -> n + if({column} >= edge, 1, 0)) AS BIGINT), 0L)"


VOCABULARIES = {"map": by_map, "array_position": by_position, "case": by_case}
BOUNDARIES = {"sum": by_sum, "case": by_steps, "aggregate": by_aggregate}


def expressions(vocabulary: str, boundaries: str) -> list[str]:
    """All features, vocabularies and boundaries written in one of the ways."""
    found = [f"{VOCABULARIES[vocabulary](name, words)} AS index_{name}" for name, words in data.WORDS.items()]
    found += [f"{BOUNDARIES[boundaries](f'b{i}')} AS bucket_b{i}" for i in range(5)]
    bucket = f"{data.BUCKETS - 1}L"
    found += [f"if(coalesce(h{i}, '') = '', 0L, 1L + pmod(xxhash64(h{i}), {bucket})) AS hash_h{i}" for i in range(4)]
    found += [f"1L + pmod(xxhash64(coalesce(v{i}, ''), coalesce(h{i}, '')), {bucket}) AS cross_{i}" for i in range(3)]
    return found + [f"coalesce(log10(l{i}), 0D) AS log_l{i}" for i in range(3)]
