"""A syntax tree as text that parses to the same tree."""

from __future__ import annotations

from feature_dsl.syntax.tree import Call, Expression, Literal, Name, Script, Statement

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quote(text: str) -> str:
    """``text`` as a string literal; letters that YAML or a terminal would take for something else stand as ``\\uXXXX``."""
    return '"' + "".join(_ESCAPES.get(letter) or _letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    return letter if letter.isprintable() or letter > "\uffff" else f"\\u{ord(letter):04x}"


def print_expression(expression: Expression) -> str:
    """One expression in call form."""
    if isinstance(expression, Call):
        return f"{expression.name}({', '.join(print_expression(part) for part in expression.arguments)})"
    if isinstance(expression, Name):
        return expression.name
    return _literal(expression)


def _literal(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    return repr(value)


def _statement(statement: Statement) -> str:
    text = print_expression(statement.value)
    return f"  {statement.target} = {text}\n" if statement.target else f"  {text}\n"


def print_script(script: Script) -> str:
    """A whole script; parsing it gives an equal tree."""
    blocks = [f"def meta(){{ {print_expression(script.meta)} }}\n"]
    if script.setup:
        blocks.append("def setup(){\n" + "".join(map(_statement, script.setup)) + "}\n")
    blocks.append("def main(){\n" + "".join(map(_statement, script.main)) + "}\n")
    return "".join(blocks)
