"""Writes the operations' part of the specification from the registry: ``python -m feature_dsl.specification`` prints it.

``--write`` writes a page per family into ``feature_dsl/spec`` and their list into SPEC.md; a test checks that they are up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from feature_dsl.operations.base import Operation, latest, names
from feature_dsl.operations.families import FAMILIES
from feature_dsl.operations.spellings import SPELLINGS

SPEC = Path(__file__).with_name("SPEC.md")
PAGES = Path(__file__).with_name("spec")
BEGIN, END = "<!-- operations: begin -->", "<!-- operations: end -->"
HEAD = "<!-- Written by python -m feature_dsl.specification --write from the registry of operations. -->\n"


def families() -> dict[str, list[Operation]]:
    """The newest version of every operation by its family, families in the order of the pages."""
    found: dict[str, list[Operation]] = {family: [] for family in FAMILIES}
    for name in names():
        operation = latest(name)
        assert operation is not None
        found.setdefault(operation.family, []).append(operation)
    return {family: members for family, members in found.items() if members}


def pages() -> dict[Path, str]:
    """The text of every page by its file."""
    return {PAGES / f"{family}.md": _page(family, members) for family, members in families().items()}


def _page(family: str, members: list[Operation]) -> str:
    intro = FAMILIES.get(family)
    head = f"{HEAD}# {family.capitalize()}\n\n" + (f"{intro}\n\n" if intro else "")
    return head + "\n".join(map(_section, members))


def _section(operation: Operation) -> str:
    arguments, result = operation.signature.rsplit(" → ", 1)
    others = [f"`{other}`" for other, own in SPELLINGS.items() if own == operation.name]
    facts = [f"`{operation.name}({arguments}) → {result}`", f"version {operation.version}"]
    facts += ["a list in the place of one scalar: of each element"] if operation.lifts else []
    facts += [f"also written {' and '.join(others)}"] if others else []
    notes = "".join(f"- {note}\n" for note in operation.notes)
    examples = "".join(f"| `{_cell(text)}` | `{_cell(value)}` |\n" for text, value in operation.examples)
    return (
        f"## {operation.name}\n\n{' · '.join(facts)}\n\n{operation.doc}\n\n"
        + (f"{notes}\n" if notes else "")
        + f"| expression | value |\n|---|---|\n{examples}"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def operations_text() -> str:
    """Markdown: the families, their pages and their operations."""
    rows = [
        f"| [{family.capitalize()}](spec/{family}.md) | {', '.join(f'`{operation.name}`' for operation in members)} |\n"
        for family, members in families().items()
    ]
    return "| family | operations |\n|---|---|\n" + "".join(rows) + "\n"


def updated(spec: str) -> str:
    """SPEC.md's text with the operations' part made anew."""
    head, rest = spec.split(BEGIN)
    return f"{head}{BEGIN}\n\n{operations_text()}{END}{rest.split(END)[1]}"


def write() -> None:
    """Writes SPEC.md's part and the pages; a page of a family that is no more is removed."""
    SPEC.write_text(updated(SPEC.read_text(encoding="utf-8")), encoding="utf-8")
    PAGES.mkdir(exist_ok=True)
    texts = pages()
    for page in PAGES.glob("*.md"):
        if page not in texts:
            page.unlink()
    for page, text in texts.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        sys.stdout.write(operations_text() + "\n".join(pages().values()))
