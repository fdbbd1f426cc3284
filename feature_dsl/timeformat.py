"""Formats of ``parse_time``."""

from __future__ import annotations

DIRECTIVES = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
"""How many digits a directive reads, in the order of a time's parts."""


class FormatProblem(ValueError):
    """A format that no time can be read by. The message goes on a sentence that begins with the operation's name."""


def read_format(text: str) -> list[str]:
    """Pieces of a format: ``%Y`` and the like, and single characters. Raises FormatProblem."""
    pieces, at = [], 0
    while at < len(text):
        size = 2 if text[at] == "%" else 1
        piece = text[at : at + size]
        if size == 2 and piece[1:] not in DIRECTIVES and piece != "%%":
            raise FormatProblem(f"does not know {piece!r} in a format: there are %Y %m %d %H %M %S, and %% for a percent sign")
        if size == 2 and piece != "%%" and piece in pieces:
            raise FormatProblem(f"has {piece} twice in its format")
        pieces.append("%" if piece == "%%" else piece)
        at += size
    if "%Y" not in pieces:
        raise FormatProblem("wants %Y in its format")
    return pieces
