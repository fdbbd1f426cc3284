"""What to do where a script does not parse: what people write who come from other languages."""

from __future__ import annotations

from collections.abc import Set

_LETTERS = {
    '"': "is the closing quote missing?",
    "'": "is the closing quote missing?",
    "[": "array(1, 2) is a list, get(list, 0) its first element",
    "&": "'and' is &&",
    "|": "'or' is ||",
    "^": "pow(a, b) is a power",
    "?": "if(condition, a, b) chooses",
}
_WORDS = {
    "return": "the last expression of main is its value",
    "import": "there are no imports; operations are known by their names",
    "from": "there are no imports; operations are known by their names",
    "for": "there are no loops; operations on a list work on each of its elements",
    "while": "there are no loops; operations on a list work on each of its elements",
    "not": "'not' is !",
    "let": "a variable is set by name = value",
    "var": "a variable is set by name = value",
}
_SIGNS = {"and": "'and' is &&", "or": "'or' is ||", "in": "contains(text, part) looks in a text, index(list, value) in a list"}
_BLOCKS = "a script consists of def meta(){…}, def setup(){…} and def main(){…}"


def letter_hint(letter: str) -> str | None:
    """A hint at a letter that begins nothing."""
    return _LETTERS.get(letter)


def token_hint(kind: str, text: str, before: str, accepts: Set[str]) -> str | None:
    """A hint at a word or sign in the wrong place.

    :param kind: its name in the grammar.
    :param text: the word.
    :param before: the line up to it.
    :param accepts: names of what could stand there.
    """
    first = before.split(maxsplit=1)[0].partition("(")[0] if before.strip() else text
    if first in _WORDS:
        return _WORDS[first]
    if "_DEF" in accepts:
        return _BLOCKS
    if text in _SIGNS:
        return _SIGNS[text]
    if kind == "EQUAL":
        return "== compares"
    if kind == "COMPARE":
        return "comparisons do not chain: join two by &&"
    if kind == "LBRACE":
        return "if(condition, a, b) chooses; braces are for def meta, setup and main alone"
    if text == "*" and before.endswith("*"):
        return _LETTERS["^"]
    if accepts == {"LPAR"}:
        return "an operation is called with its arguments in parentheses"
    if "_NL" in accepts and "$END" not in accepts and kind in ("NAME", "STRING", "INTEGER", "REAL"):
        return "a statement ends at a newline or ';'"
    return "is a ')' missing?" if "RPAR" in accepts else None
