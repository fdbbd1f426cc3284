"""Mistakes in feature files, scripts, schemas and batches: one sentence with file, line, column and a hint."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import FeatureError

HEAD = """version: 1
group: g
domains:
  user: {key: u, columns: {u: utf8, age: utf8, n: int64, f: float64, tags: list<utf8>}}
features:
"""


def script(*lines: str, meta: str = "initArray(1,0)") -> str:
    """A raw feature whose main begins on line 10, column 9."""
    body = "".join(f"        {line}\n" for line in lines)
    return f"  - name: a\n    kind: raw_feature\n    script: |\n      def meta(){{ {meta} }}\n      def main(){{\n{body}      }}\n"


def line_entry(fields: str) -> str:
    return f"  - {{name: a, {fields}}}\n"


MAIN = 11
MISTAKES = [
    (script("idx(x(\"age\"))"), MAIN, 9, "no operation 'idx'", "'index'"),
    (script("b = array(\"x\")", "array(index(bb, x(\"age\")))"), MAIN + 1, 21, "nothing is called 'bb'", "did you mean 'b'"),
    (script('x("agee").eq("a")'), MAIN, 9, "no column 'agee'", "did you mean 'age'"),
    (script("x(age)"), MAIN, 9, "x takes one name in quotes", ""),
    (script('x("age") + 1'), MAIN, 20, "mixes utf8 and int64", "cast"),
    (script('log(x("age"))'), MAIN, 13, "log wants a number, not utf8", "float()"),
    (script('hash_bucket(x("f"), 10)'), MAIN, 21, "does not hash float64", "cast"),
    (script('hash_bucket(x("age"), 1)'), MAIN, 31, "number of buckets has to be a constant integer, at least 2", ""),
    (script('hash_bucket(x("age"))'), MAIN, 9, "takes 2 arguments, not 1", ""),
    (script('if(x("n"), 1, 2)'), MAIN, 12, "wants a bool as condition", "compare it"),
    (script('index(x("tags"), x("age"))'), MAIN, 15, "vocabulary has to be a list of constants", "array"),
    (script('index(array("a","b","a"), x("age"))'), MAIN, 15, "has 'a' twice", ""),
    (script('bucket(x("f"), array(2, 1))'), MAIN, 24, "boundaries that rise", ""),
    (script('x("age")'), MAIN, 9, "gives utf8, and a feature is a number", "hash_bucket"),
    (script('x("n") y = 2'), MAIN, 16, "does not parse at 'y'", "newline or ';'"),
    (script('y = 2'), MAIN, 9, "last statement of main", ""),
    (script("f(1"), MAIN + 1, 7, "does not parse", "')'"),
    (script("1", meta="initArray(0, 0)"), 9, 29, "length in initArray", ""),
    (script("1", meta="initArray(1, \"a\")"), 9, 19, "stands in for missing places", ""),
    (script("1", meta="3"), 9, 19, "meta holds exactly one", "initArray"),
    (script("9223372036854775808"), MAIN, 9, "does not fit in 64 bits", ""),
    (script("(" * 300 + "abs(" * 300 + "1" + ")" * 600), MAIN, None, "nests deeper than 100", "name a part"),
    (line_entry("kind: enum_feature, values: [a]"), 6, 5, "needs a field 'source'", ""),
    (line_entry("kind: enum_feature, source: age, values: [a], defualt: 1"), 6, 61, "no field 'defualt'", "'default'"),
    (line_entry("kind: enum_feature, source: age, values: [a, 1]"), 6, 60, "mixes texts and numbers", "quote"),
    (line_entry("kind: enum_feature, source: agee, values: [a]"), 6, 43, "no column 'agee'", "did you mean 'age'"),
    (line_entry("kind: enum_feature, source: n, values: [a]"), 6, 43, "mixes utf8 and int64", "cast"),
    (line_entry("kind: boundary_feature, source: f, boundaries: [1, .nan]"), 6, 66, "finite number", ""),
    (line_entry("kind: boundary_feature, source: f, boundaries: [1e-3]"), 6, 63, "finite number", "1.0e-3"),
    (line_entry("kind: id_feature, source: age, hash_buckets: 1"), 6, 60, "at least 2", ""),
    (line_entry("kind: id_feature, source: age, hash_buckets: 9, role: dens"), 6, 69, "no role 'dens'", "'dense'"),
    (line_entry("kind: expr_feature, expr: \"n + * 2\""), 6, 46, "does not parse at '*'", ""),
    (line_entry("kind: expr_feature, expr: \"log(agee)\""), 6, 46, "no column 'agee'", "did you mean 'age'"),
    (line_entry("kind: cross_feature, inputs: [age], hash_buckets: 9"), 6, 44, "at least 2", ""),
    (line_entry("kind: id_feature, source: n") + line_entry("kind: id_feature, source: n"), 7, 12, "stands twice", "override"),
    (line_entry("kind: id_feature, source: n, override: true"), 6, 12, "overrides nothing", ""),
    (line_entry("kind: id_feature, source: n, kind: x"), 6, 44, "the key 'kind' stands twice", ""),
    (line_entry("kind: id_feature, source: [n"), 6, 43, "not YAML", ""),
    (line_entry("kind: id_feature, source: &n n") + "  - *n\n", 7, 5, "no YAML aliases", ""),
    (line_entry("kind: id_feature, source: 2020-01-01"), 6, 41, "neither text nor a number", "quote"),
    ("  - " + "[" * 40 + "]" * 40 + "\n", 6, None, "nests deeper than 32", ""),
    (
        "  - {name: a, kind: expr_feature, expr: 'b + 1'}\n  - {name: b, kind: expr_feature, expr: 'a + 1'}\n",
        7, 42, "in a circle: a → b → a", "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("features", "line", "column", "message", "hint"), MISTAKES, ids=[m[3] for m in MISTAKES])
def test_mistake(tmp_path: Path, features: str, line: int, column: int | None, message: str, hint: str) -> None:
    file = tmp_path / "features.yaml"
    file.write_text(HEAD + features, encoding="utf-8")
    with pytest.raises(FeatureError) as caught:
        feature_dsl.load(file).compile()
    error = caught.value
    assert message in str(error)
    assert hint in (error.hint or "")
    assert (error.file, error.line) == (str(file), line), str(error)
    assert column is None or error.column == column, str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


GOOD = HEAD + line_entry("kind: id_feature, source: u, hash_buckets: 10")


def test_selection_and_binding_name_what_is_unknown() -> None:
    features = feature_dsl.load(GOOD)
    with pytest.raises(FeatureError, match="no feature 'b'"):
        features.compile(only=["b"])
    with pytest.raises(FeatureError, match=r"no domain 'usr'.*did you mean 'user'"):
        features.compile(domains=["usr"])
    with pytest.raises(FeatureError, match=r"bind names a column 'uu'.*'u'"):
        features.compile(bind={"uu": "v"})


def test_schema_and_batches_are_checked() -> None:
    features = feature_dsl.load(GOOD)
    with pytest.raises(FeatureError, match=r"the data has no column 'u'.*'u1'"):
        features.compile(schema=pa.schema([("u1", pa.utf8())]))
    with pytest.raises(FeatureError, match="'u' is int64 in the data, but declared as utf8"):
        features.compile(schema=pa.schema([("u", pa.int64())]))
    plan = features.compile()
    with pytest.raises(FeatureError, match="'u' is double, but the features read it as utf8"):
        plan.run(pa.RecordBatch.from_pydict({"u": [1.0]}))
    with pytest.raises(FeatureError, match="no column 'u'"):
        plan.run(pa.RecordBatch.from_pydict({"v": ["a"]}))
    with pytest.raises(FeatureError, match="2 rows, more than the 1"):
        plan.bind(1).run(pa.RecordBatch.from_pydict({"u": ["a", "b"]}))


def test_undeclared_columns_need_a_schema() -> None:
    features = feature_dsl.load("version: 1\nfeatures:\n  - {name: a, kind: id_feature, source: u, hash_buckets: 5}\n")
    with pytest.raises(FeatureError, match="declare it in the file's domains, or compile against a schema"):
        features.compile()
    assert features.compile(schema=pa.schema([("u", pa.int32())])).inputs[0].type.name == "int64"
    with pytest.raises(FeatureError, match="float"):
        features.compile(schema=pa.schema([("u", pa.float32())]))


def test_foreign_and_changed_plans_are_refused() -> None:
    plan = feature_dsl.load(GOOD).compile()
    for text in ("", "[]", "{}", "null", "[" * 100_000, plan.to_json().replace("hash_bucket", "hash_mod")):
        with pytest.raises(FeatureError):
            feature_dsl.Plan.from_json(text)
    with pytest.raises(FeatureError, match="operation hash_bucket version 9"):
        feature_dsl.Plan.from_json(plan.to_json().replace('"hash_bucket", 1', '"hash_bucket", 9'))


def test_missing_and_unreadable_files() -> None:
    with pytest.raises(FeatureError, match="cannot be read"):
        feature_dsl.load("/nowhere/features.yaml")
    with pytest.raises(FeatureError, match="empty"):
        feature_dsl.load("\n")


def test_enum_default_on_a_real_word_warns() -> None:
    features = feature_dsl.load(HEAD + line_entry("kind: enum_feature, source: age, values: [x, y], default: 1"))
    (warning,) = features.warnings
    assert "also that of 'y'" in warning.message
    assert (warning.line, warning.column) == (6, 5)
    assert not feature_dsl.load(GOOD).warnings
