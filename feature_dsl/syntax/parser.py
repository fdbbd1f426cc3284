"""Parses scripts: lark's LALR parser builds the tree bottom-up, so deep text cannot overflow the stack."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator
from pathlib import Path

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from feature_dsl import limits
from feature_dsl.errors import did_you_mean
from feature_dsl.syntax.hints import letter_hint, token_hint
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Call, Expression, Literal, Name, Position, Script, Statement, call

_INFIX = {
    "||": "or", "&&": "and", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_LARGEST = 2**63 - 1
META = ("initArray", "initList", "initValue")
_BLOCKS = ("meta", "setup", "main")


class _Problem(Exception):
    """A mistake found while the tree is built; ``parse`` turns it into a FeatureError."""

    def __init__(self, message: str, at: Position | None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.at, self.hint = message, at, hint


class _Newlines:
    """Drops newlines between parentheses, so that a call may go over several lines, and counts tokens."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for count, token in enumerate(stream):
            if count > limits.SCRIPT_NODES:
                raise _Problem(f"the script has more than {limits.SCRIPT_NODES:,} words and signs", _at(token))
            if token.type == "LPAR":
                depth += 1
            elif token.type == "RPAR":
                depth = max(0, depth - 1)
            if token.type != "_NL" or depth == 0:
                yield token


def _at(token: Token) -> Position:
    return Position(token.line or 1, token.column or 1)


def _fitting(expression: Expression) -> Expression:
    """Refuses 2**63, which ``integer`` lets pass because -2**63 is a number of 64 bits."""
    if isinstance(expression, Literal) and type(expression.value) is int and expression.value > _LARGEST:
        raise _Problem("the integer does not fit in 64 bits", expression.at)
    return expression


def _checked(expression: Call) -> Call:
    for argument in expression.arguments:
        _fitting(argument)
    if expression.depth > limits.SCRIPT_DEPTH:
        raise _Problem(f"the script nests deeper than {limits.SCRIPT_DEPTH} calls", expression.at, "name a part of it")
    if expression.size > limits.SCRIPT_NODES:
        raise _Problem(f"the script has more than {limits.SCRIPT_NODES} parts", expression.at)
    return expression


@v_args(inline=True)
class _Tree(Transformer[Token, object]):  # type: ignore[misc,unused-ignore]
    """Callbacks of the parser, one per rule of the grammar."""

    def name(self, token: Token) -> Name:
        return Name(str(token), _at(token))

    def text(self, token: Token) -> Literal:
        def escape(match: re.Match[str]) -> str:
            body = match.group(1)
            if len(body) == 5:
                return chr(int(body[1:], 16))
            if body not in _ESCAPES:
                raise _Problem(f"unknown escape {match.group()} in a string", _at(token), "write \\\\ for a backslash")
            return _ESCAPES[body]

        value = _ESCAPE.sub(escape, str(token)[1:-1])
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _Problem("the string holds half of a surrogate pair, which is no text", _at(token))
        return Literal(value, _at(token))

    def integer(self, token: Token) -> Literal:
        if len(token.lstrip("0")) > 19 or int(token) > _LARGEST + 1:
            raise _Problem("the integer does not fit in 64 bits", _at(token))
        return Literal(int(token), _at(token))

    def real(self, token: Token) -> Literal:
        value = float(token)
        if not math.isfinite(value):
            raise _Problem("the number is too large for float64", _at(token))
        return Literal(value, _at(token))

    def true(self, token: Token) -> Literal:
        return Literal(True, _at(token))

    def false(self, token: Token) -> Literal:
        return Literal(False, _at(token))

    def arguments(self, *parts: Expression) -> list[Expression]:
        return list(parts)

    def call(self, name: Token, arguments: list[Expression] | None = None) -> Call:
        return _checked(call(str(name), *(arguments or ()), at=_at(name)))

    def method(self, receiver: Expression, name: Token, arguments: list[Expression] | None = None) -> Call:
        return _checked(call(str(name), receiver, *(arguments or ()), at=_at(name)))

    def infix(self, left: Expression, operator: Token, right: Expression) -> Call:
        return _checked(call(_INFIX[str(operator)], left, right, at=_at(operator)))

    def prefix(self, operator: Token, operand: Expression) -> Expression:
        if operator == "!":
            return _checked(call("not", operand, at=_at(operator)))
        if isinstance(operand, Literal) and type(operand.value) in (int, float):
            value = operand.value
            assert not isinstance(value, str)
            return Literal(-value, _at(operator)) if operator == "-" else _fitting(operand)
        return _checked(call("neg", operand, at=_at(operator))) if operator == "-" else operand

    def assign(self, name: Token, value: Expression) -> Statement:
        return Statement(str(name), _fitting(value), _at(name))

    def result(self, value: Expression) -> Statement:
        return Statement(None, _fitting(value), value.at)

    def definition(self, name: Token, *statements: Statement) -> tuple[Token, tuple[Statement, ...]]:
        return name, statements

    def start(self, *definitions: tuple[Token, tuple[Statement, ...]]) -> object:
        return definitions

    def expression_only(self, value: Expression) -> Expression:
        return _fitting(value)


@functools.cache
def _lark() -> Lark:
    grammar = Path(__file__).parent.parent.joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["start", "expression_only"],
        transformer=_Tree(),
        postlex=_Newlines(),  # type: ignore[arg-type,unused-ignore]
        maybe_placeholders=False,
    )


def _run(text: str, source: Source, start: str) -> object:
    what = "script" if start == "start" else "expression"
    if len(text) > limits.SCRIPT_CHARACTERS:
        raise source.error(f"the {what} is longer than {limits.SCRIPT_CHARACTERS:,} characters")
    try:
        return _lark().parse(text, start=start)
    except _Problem as problem:
        raise source.error(problem.message, problem.at, problem.hint) from None
    except UnexpectedToken as problem:
        token = problem.token
        if token.type == "$END":
            at, before, shown = _end_of(text), "", f"the end of the {what}"
        else:
            at, shown = Position(problem.line, problem.column), _shown(token)
            before = text[: token.start_pos].rpartition("\n")[2]
        hint = token_hint(token.type, str(token), before, problem.accepts or problem.expected)
        raise source.error(f"the {what} does not parse at {shown}", at, hint) from None
    except UnexpectedCharacters as problem:
        letter = text[problem.pos_in_stream : problem.pos_in_stream + 1]
        at = Position(problem.line, problem.column)
        raise source.error(f"the {what} does not parse at character {letter!r}", at, letter_hint(letter)) from None
    except UnexpectedInput as problem:
        raise source.error(f"the {what} does not parse", Position(problem.line, problem.column)) from None


def _shown(token: Token) -> str:
    if token.type == "_NL":
        return "the end of the line"
    return repr(str(token)[:40])


def _end_of(text: str) -> Position:
    lines = text.split("\n")
    return Position(len(lines), len(lines[-1]) + 1)


def parse_expression(text: str, source: Source) -> Expression:
    """Parses a single expression. Raises FeatureError with its place."""
    result = _run(text, source, "expression_only")
    assert isinstance(result, Literal | Name | Call)
    return result


def parse_script(text: str, source: Source) -> Script:
    """Parses ``def meta``, ``def setup`` (optional) and ``def main``. Raises FeatureError with its place."""
    definitions = _run(text, source, "start")
    assert isinstance(definitions, tuple)
    blocks: dict[str, tuple[Statement, ...]] = {}
    for name, statements in definitions:
        if name not in _BLOCKS:
            raise source.error(f"unknown block {str(name)!r}", _at(name), did_you_mean(name, _BLOCKS))
        if name in blocks:
            raise source.error(f"block {str(name)!r} stands twice", _at(name))
        blocks[str(name)] = statements
    for needed in ("meta", "main"):
        if not blocks.get(needed):
            raise source.error(f"the script has no def {needed}(){{…}} with something in it")
    return Script(_meta(blocks["meta"], source), _setup(blocks.get("setup", ()), source), _main(blocks["main"], source))


def _meta(statements: tuple[Statement, ...], source: Source) -> Call:
    first = statements[0]
    if len(statements) != 1 or not isinstance(first.value, Call) or first.value.name not in META:
        hint = "initArray(length, stand_in), or initList(max_length) for a list of varying length"
        raise source.error(f"meta holds exactly one of {', '.join(META)}", first.at, hint)
    return first.value


def _setup(statements: tuple[Statement, ...], source: Source) -> tuple[Statement, ...]:
    for statement in statements:
        if statement.target is None:
            raise source.error("setup holds only assignments of constants", statement.at)
    return statements


def _main(statements: tuple[Statement, ...], source: Source) -> tuple[Statement, ...]:
    if statements[-1].target is not None:
        raise source.error("the last statement of main has to be the feature's value", statements[-1].at)
    if sum(statement.value.size for statement in statements) > limits.SCRIPT_NODES:
        raise source.error(f"the script has more than {limits.SCRIPT_NODES:,} parts")
    return statements
