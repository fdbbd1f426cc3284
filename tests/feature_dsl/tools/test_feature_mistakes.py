"""What `check` prints for wrong files, letter by letter: `mistakes.txt` holds files and what is printed for them.

`python tests/feature_dsl/tools/test_feature_mistakes.py` writes it anew; read what changes as somebody who has made the mistake.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest

from feature_dsl import FeatureError
from feature_dsl.tools.check import check
from feature_dsl.tools.places import print_problem

CATALOGUE = Path(__file__).with_name("mistakes.txt")
_SECTION = re.compile(r"^=== ([a-z0-9-]+)\n(.*?)^--- is\n(.*?)(?=^=== |\Z)", re.MULTILINE | re.DOTALL)


def sections() -> list[tuple[str, str, str]]:
    """Name, file and what is printed."""
    return _SECTION.findall(CATALOGUE.read_text(encoding="utf-8"))


def printed(content: str, folder: Path) -> str:
    file = folder / "features.yaml"
    file.write_text(content, encoding="utf-8")
    return "".join(line.replace(f"{folder}{os.sep}", "") + "\n" for line in check(file).lines())


@pytest.mark.parametrize(("content", "expected"), [pytest.param(*section[1:], id=section[0]) for section in sections()])
def test_a_mistake_is_printed_so(content: str, expected: str, tmp_path: Path) -> None:
    assert printed(content, tmp_path) == expected


def test_there_are_many_and_all_have_a_place() -> None:
    found = sections()
    assert len(found) >= 100 and len({name for name, _, _ in found}) == len(found)
    for name, _, expected in found:
        assert re.match(r"features\.yaml:\d+:\d+: error: \S", expected), name


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        ("日本 x", 4, "    1 | 日本 x\n      |      ^"),
        ("a\tb", 3, "    1 | a b\n      |   ^"),
        ("a\x1b[31mb", 7, "    1 | a\\x1b[31mb\n      |          ^"),
        ("e\u0301x", 3, "    1 | e\u0301x\n      |  ^"),
        ("a\u202eb", 3, "    1 | a\\u202eb\n      |        ^"),
        ("x" * 300, 200, "    1 | …" + "x" * 100 + "…\n      | " + " " * 61 + "^"),
        ("x", 2, "    1 | x\n      |  ^"),
    ],
)
def test_the_caret_stands_below_its_letter(line: str, column: int, shown: str) -> None:
    assert print_problem(FeatureError("m", line=1, column=column), line) == f"<text>:1:{column}: error: m\n{shown}"


def test_a_problem_without_a_place_is_printed_too() -> None:
    assert print_problem(FeatureError("m\x1b", file="a\nb", hint="h"), None) == "a\\nb: error: m\\x1b\n  hint: h"
    assert print_problem(FeatureError("m", file="f", line=9), "one line\n") == "f:9: error: m"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        text = "".join(f"=== {name}\n{content}--- is\n{printed(content, Path(temporary))}" for name, content, _ in sections())
    CATALOGUE.write_text(text, encoding="utf-8")
