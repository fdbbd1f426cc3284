"""Kinds that make ids, weights, look-ups and matches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl.operations.hashing import signed_hash
from feature_dsl.reference import run_row
from feature_dsl.reference.farmhash import fingerprint64
from feature_dsl.reference.murmur import murmur64a

COLUMNS = "version: 1\ncolumns: {user: utf8, item: int64, tags: utf8, kv: utf8, nested: utf8, words: list<utf8>}\nfeatures:\n"
BATCH = pa.RecordBatch.from_pydict(
    {
        "user": ["u1", None, "ü", "b"],
        "item": [7, None, -3, 12],
        "tags": ["a:0.5|b:2|c", None, "b:x|:9|a:1e1", "12:3"],
        "kv": ["7:1.5,u1:2", None, "-3:4,-3:5", "b:x,c:1"],
        "nested": ["u1^7:0.25,8:1|x^7:0.5", "u1^7:1", None, "b^12:3,12:4|c^12:1"],
        "words": [["a", "", "b"], None, [], ["z"]],
    }
)


def _text(value: str) -> int:
    return signed_hash(value)


def _column(fields: str, directory: Path | None = None) -> list[Any]:
    """The feature's column; reference, lowered file and JSON have to agree on it."""
    text = COLUMNS + f"  - {{name: f, {fields}}}\n"
    if directory is not None:
        (directory / "features.yaml").write_text(text, encoding="utf-8")
    features = feature_dsl.load(text if directory is None else directory / "features.yaml")
    plan = features.compile()
    found = plan.run(BATCH).column("f").to_pylist()
    assert found == [run_row(features, row)["f"] for row in BATCH.to_pylist()]
    assert feature_dsl.load(features.lowered()).compile().fingerprint == plan.fingerprint
    assert feature_dsl.Plan.from_json(plan.to_json()).run(BATCH).column("f").to_pylist() == found
    return found  # type: ignore[no-any-return]


def test_hashes_of_other_platforms() -> None:
    users = ["u1", "", "ü", "b"]
    fields = "kind: id_feature, source: user, hash_buckets: 100, reserve_missing: false, hash: "
    assert _column(fields + "murmur") == [murmur64a(user.encode()) % 100 for user in users]
    assert _column(fields + "farm") == [fingerprint64(user.encode()) % 100 for user in users]
    assert _column(fields + "xxh64") == [_text(user) % 100 for user in users]
    items = ["7", "", "-3", "12"]
    assert _column("kind: id_feature, source: item, hash_buckets: 100, hash: farm") == [
        1 + fingerprint64(item.encode()) % 99 if item else 0 for item in items
    ]
    assert _column("kind: list_feature, source: words, hash_buckets: 50, hash: murmur") == [
        [1 + murmur64a(word.encode()) % 49 for word in words] for words in (["a", "b"], [], [], ["z"])
    ]


def test_several_values_weights_and_prefix() -> None:
    keys = [["a", "b", "c"], [], ["b", "a"], ["12"]]
    fields = 'source: tags, separator: "|", kv_separator: ":"'
    assert _column(f"kind: id_feature, {fields}, hash_buckets: 1000") == [[1 + _text(key) % 999 for key in row] for row in keys]
    assert _column(f"kind: id_feature, {fields}, hash_buckets: 1000, max_length: 2") == [
        [1 + _text(key) % 999 for key in row[:2]] for row in keys
    ]
    assert _column(f"kind: weight_feature, {fields}") == [[0.5, 2.0, 1.0], [], [1.0, 10.0], [3.0]]
    assert _column(f"kind: weight_feature, {fields}, max_length: 2, default: 0") == [[0.5, 2.0], [], [0.0, 10.0], [3.0]]
    assert _column("kind: id_feature, source: item, prefix: i_, hash_buckets: 1000") == [
        1 + _text(f"i_{item}") % 999 if item is not None else 0 for item in (7, None, -3, 12)
    ]
    assert _column(f"kind: id_feature, {fields}, prefix: t_") == [[_text(f"t_{key}") for key in row] for row in keys]


def test_vocabularies(tmp_path: Path) -> None:
    assert _column("kind: id_feature, source: user, vocabulary: [ü, b]") == [1, 0, 2, 3]
    assert _column("kind: id_feature, source: item, vocabulary: [12, 7], oov_buckets: 5") == [7, 0, 1 + signed_hash(-3) % 5, 6]
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "words.txt").write_text("7\n12\n\nb\n", encoding="utf-8")
    file = "vocab_file: lists/words.txt"
    assert _column(f"kind: id_feature, source: item, {file}", tmp_path) == [2, 0, 1, 3]
    assert _column(f'kind: id_feature, source: tags, separator: "|", kv_separator: ":", {file}', tmp_path) == [[1, 4, 1], [], [4, 1], [3]]
    assert _column("kind: enum_feature, source: user, values_file: lists/words.txt, default: 1", tmp_path) == [1, 1, 1, 2]
    text = COLUMNS + f"  - {{name: f, kind: id_feature, source: item, {file}, oov_buckets: 3}}\n"
    (tmp_path / "features.yaml").write_text(text, encoding="utf-8")
    plan = feature_dsl.load(tmp_path / "features.yaml").compile()
    assert plan.outputs[0].cardinality == 7
    (tmp_path / "lists" / "words.txt").write_text("other\n", encoding="utf-8")
    assert feature_dsl.Plan.from_json(plan.to_json()).run(BATCH).column(0).to_pylist()[0] == 4


def test_integers_as_they_are() -> None:
    assert _column("kind: id_feature, source: item, num_buckets: 10") == [7, 0, 0, 0]
    assert _column("kind: id_feature, source: item, num_buckets: 13, default: 3") == [7, 3, 3, 12]
    features = feature_dsl.load(COLUMNS + "  - {name: f, kind: id_feature, source: item, num_buckets: 13, default: 3}\n")
    assert features.compile().outputs[0].cardinality == 13


def test_lookups(tmp_path: Path) -> None:
    assert _column('kind: lookup_feature, source: user, map: {u1: 1.5, "b": 2}, default: -1') == [1.5, -1.0, -1.0, 2.0]
    several = 'kind: lookup_feature, source: tags, separator: "|", kv_separator: ":", map: {a: 1, b: 2}'
    assert _column(several) == [3, 0, 3, 0]
    assert _column(f"{several}, combiner: mean") == [1.5, 0, 1.5, 0]
    assert _column("kind: lookup_feature, source: item, map_source: kv") == [1.5, 0.0, 4.0, 0.0]
    assert _column("kind: lookup_feature, sources: [user, user], map_source: kv, default: 9, combiner: count") == [2, 0, 0, 0]
    assert _column('kind: lookup_feature, source: user, map_source: tags, pair_separator: "|", map_separator: ":"') == [0, 0, 0, 0]
    (tmp_path / "map.tsv").write_text("7\t0.5\r\n12\t-2e0\n", encoding="utf-8")
    assert _column("kind: lookup_feature, source: item, map_file: map.tsv, default: 1", tmp_path) == [0.5, 1.0, 1.0, -2.0]
    normal = "normalizer: {zscore: {mean: 1, sd: 2}}, default_after: 5"
    assert _column(f"kind: lookup_feature, source: item, map_source: kv, {normal}") == [0.25, 5.0, 1.5, 5.0]


def test_matches() -> None:
    assert _column("kind: match_feature, map: nested, outer: user, inner: item") == [0.25, 0.0, 0.0, 7.0]
    assert _column('kind: match_feature, map: nested, outer: "*", inner: item, combiner: max') == [0.5, 0.0, 0.0, 4.0]
    assert _column('kind: match_feature, map: nested, outer: user, inner: "*", default: -1, combiner: count') == [2, 0, 0, 2]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("kind: id_feature, source: user, hash_buckets: 5, vocabulary: [a]", "both hash_buckets and vocabulary"),
        ("kind: id_feature, source: user, hash_buckets: 5, hash: md5", "hash of f is 'md5'"),
        ('kind: id_feature, source: user, hash_buckets: 5, kv_separator: ":"', "kv_separator but no separator"),
        ("kind: id_feature, source: user, hash_buckets: 5, max_length: 2", "max_length but no separator"),
        ("kind: id_feature, source: user, vocabulary: [a, a]", "twice in its vocabulary"),
        ("kind: id_feature, source: user, vocab_file: words.txt", "this is a text"),
        ("kind: id_feature, source: user, hash: farm", "no field 'hash'"),
        ("kind: lookup_feature, source: user, map: {a: 1}, map_source: kv", "both map and map_source"),
        ("kind: lookup_feature, source: user", "needs a field 'map', 'map_file' or 'map_source'"),
        ("kind: lookup_feature, source: user, sources: [user], map: {a: 1}", "both source and sources"),
        ("kind: match_feature, map: nested, outer: user, inner: item, combiner: median", "combiner of f is 'median'"),
        ("kind: weight_feature, source: tags, separator: '|'", "needs a field 'kv_separator'"),
    ],
)
def test_refusals(fields: str, message: str) -> None:
    with pytest.raises(feature_dsl.FeatureError, match=message):
        feature_dsl.load(COLUMNS + f"  - {{name: f, {fields}}}\n").compile()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("/etc/hostname", b"", "in the feature file's folder"), ("../words.txt", b"", "in the feature file's folder"),
     ("words.txt", b"", "1 to 100,000"), ("words.txt", b"\xff", "not UTF-8"), ("none.txt", b"a", "No such file"),
     ("words.txt", b"a\na\n", "twice"), ("words.txt", b"x\n" * 100_001, "100,001 lines")],
)  # fmt: skip
def test_files_that_will_not_do(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(content)
    file = tmp_path / "features.yaml"
    file.write_text(COLUMNS + f"  - {{name: f, kind: id_feature, source: user, vocab_file: {name}}}\n", encoding="utf-8")
    with pytest.raises(feature_dsl.FeatureError, match=message) as caught:
        feature_dsl.load(file).compile()
    assert caught.value.line == 4


def test_a_line_of_a_map_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "map.tsv").write_text("a\t1\nb 2\n", encoding="utf-8")
    file = tmp_path / "features.yaml"
    file.write_text(COLUMNS + "  - {name: f, kind: lookup_feature, source: user, map_file: map.tsv}\n", encoding="utf-8")
    with pytest.raises(feature_dsl.FeatureError, match="'b 2' that is not a key, a tab and a number"):
        feature_dsl.load(file)


def test_crosses_take_values_before_hashing() -> None:
    user = "  - {name: u, kind: id_feature, source: user, hash_buckets: 9, hash: farm}\n"
    cross = "  - {{name: c, kind: cross_feature, inputs: [{0}, item], hash_buckets: 9}}\n"
    crossed = feature_dsl.load(COLUMNS + user + cross.format("u")).compile().run(BATCH).column("c")
    assert crossed.equals(feature_dsl.load(COLUMNS + cross.format("user")).compile().run(BATCH).column("c"))
