"""Text that means harm ends in a sentence, soon: no hang, no recursion, no memory, no other exception."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from feature_dsl import FeatureError, limits
from feature_dsl.document.marked import parse
from feature_dsl.tools.check import check

COLUMNS = "version: 1\ncolumns: {s: utf8, n: int64, l: list<utf8>}\nfeatures:\n"


FEATURE = "  - {{name: f{0}, kind: expr_feature, expr: {1}}}\n"


def script(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return (
        COLUMNS
        + f"  - name: a\n    kind: raw_feature\n    script: |\n      def meta(){{ initArray(1,0) }}\n      def main(){{\n{body}      }}\n"
    )


def entry(fields: str) -> str:
    return COLUMNS + f"  - {{name: a, {fields}}}\n"


def test_text_is_read_only_as_far_as_it_may_go() -> None:
    report = check(Path("/dev/zero"))
    assert "longer than 16,000,000 characters" in str(report.errors[0])


CASES = {
    "aliases": ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "no YAML aliases"),
    "directives": ("%TAG !a! b\n" * 500_000 + "---\na: 1\n", "no YAML directives"),
    "base 60": (entry("kind: id_feature, source: s, hash_buckets: 1" + ":0" * 500_000), "more than 400 digits"),
    "base 16": (entry("kind: id_feature, source: s, hash_buckets: 0x" + "f" * 5_000), "more than 400 digits"),
    "digits": (entry("kind: id_feature, source: s, hash_buckets: " + "9" * 1_000_000), "more than 400 digits"),
    "large number": (entry("kind: id_feature, source: s, hash_buckets: " + "9" * 300), "an integer of at least 2"),
    "large float": (entry("kind: boundary_feature, source: n, boundaries: [1.0e+999]"), "finite number, not inf"),
    "nul": ("version: 1\n\0", "control character '\\\\x00'"),
    "escape": ("version: 1\ngroup: \x1b[31m\n", "control character '\\\\x1b'"),
    "half a pair": ("version: 1\ngroup: \ud800\n", "half of a surrogate pair"),
    "right to left": (entry("kind: id_feature").replace("name: a", 'name: "a\u202e"'), "is no name for a feature"),
    "two of one look": (entry("kind: id_feature, source: s, ѕource: n"), "has no field"),
    "doubled constant": (script('a = "x"', *["a = concat(a, a)"] * 60, "a.length()"), "as long as its column"),
    "doubled column": (script('a = x("s")', *["a = concat(a, a)"] * 60, "a.length()"), "as long as its column"),
    "doubled list": (script('a = x("l")', *["a = concat_lists(a, a)"] * 60, "a.length()"), "make a list more than 1,000 times"),
    "doubled numbers": (script("a = array(1, 2)", *["a = concat_lists(a, a)"] * 60, "a.length()"), "make a list more than 1,000 times"),
    "long list": (script("list_sum(pad(array(1), 100000000, 0))"), "from 1 to 100000"),
    "long name": (script("a" * 900_000), "nothing is called"),
    "long kind": (entry("kind: " + "k" * 5_000_000), "there is no kind"),
    "deep keys": ("\n".join(" " * depth + "a:" for depth in range(2_000)), "nests deeper"),
    "many quotes": (script("'" * 500_000), "does not parse"),
    "unknown names": (COLUMNS + "".join(FEATURE.format(n, f"g{n}") for n in range(1_000)), "no column 'g0'"),
    "a circle": (COLUMNS + "".join(FEATURE.format(n, f"f{(n + 1) % 1_000}") for n in range(1_000)), "in a circle"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), CASES.values(), ids=list(CASES))
def test_hostile_text_ends_in_a_sentence(text: str, message: str) -> None:
    report = check(text + "\n")
    assert report.plan is None
    assert message.replace("\\\\", "\\") in str(report.errors[0])
    for line in report.lines():
        assert len(line) < 2_000
        assert line.replace("\n", "").isprintable()


def test_a_long_chain_of_features_compiles_in_proportion() -> None:
    chain = "".join(FEATURE.format(n, f"f{n - 1} + 1") for n in range(1, 1_000))
    report = check(COLUMNS + "  - {name: f0, kind: expr_feature, expr: n}\n" + chain)
    assert report.plan is not None and len(report.plan.outputs) == 1_000
    assert "shared by 1000 features" in report.plan.explain()


def test_line_ends_and_byte_order_marks_are_as_their_editors_write_them(tmp_path: Path) -> None:
    text = script("1 + bb")
    for number, content in enumerate((text, "\ufeff" + text, text.replace("\n", "\r\n"), text.replace("\n", "\r"))):
        file = tmp_path / f"{number}.yaml"
        file.write_bytes(content.encode())
        (error,) = check(file).errors
        assert (error.line, error.column, error.message) == (9, 13, "nothing is called 'bb' here")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["- 1\n" * 3_999_999, "k" * 15_999_990 + ": 1\n", '"' + "x" * 15_999_990 + '"\n', "#\n" * 7_999_999, "a: |\n" + " x\n" * 5_000_000,
     "[" * 15_999_999 + "\n", "[1, " * 3_999_999 + "\n", "{a: b}\n" * 2_000_000, "? " * 7_999_999 + "\n", "- !!str a\n" * 1_000_000],
    ids=["sequence", "key", "text", "comments", "block", "brackets", "nested", "documents", "questions", "tags"],
)  # fmt: skip
def test_sixteen_million_letters_are_refused_in_bounded_memory(text: str, tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(text, encoding="utf-8")
    program = "import sys\nfrom feature_dsl.tools.check import check\nprint(check(sys.argv[1]).summary())\n"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, timeout=120, check=False, preexec_fn=limited
    )
    assert done.stdout == "1 error, 0 warnings\n", done.stderr


def test_longer_files_are_refused() -> None:
    with pytest.raises(FeatureError, match="longer than 16,000,000"):
        parse("a" * (limits.FILE_CHARACTERS + 1), None)
