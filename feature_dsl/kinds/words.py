"""Vocabularies: written in the feature file, or in a file beside it that is read when the feature file is."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from feature_dsl import limits
from feature_dsl.document.entry import Constant, Entry


def read_lines(entry: Entry, key: str) -> list[str]:
    """The lines of a file that a field names, without those that are empty; a path goes from the feature file's folder.

    :raises FeatureError: where it lies elsewhere, cannot be read, is not UTF-8, or is too long.
    """
    name, owner = entry.text(key), entry.marked.source.file
    if owner is None:
        raise entry.error(f"{key} of {entry.name} is a file beside the feature file, and this is a text", key, "load the file by its path")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise entry.error(f"{key} of {entry.name} has to lie in the feature file's folder or below it", key, "leave '/' and '..' out")
    place = Path(owner).parent / path
    try:
        with place.open(encoding="utf-8-sig") as file:
            text = file.read(limits.FILE_CHARACTERS + 1)
    except OSError as problem:
        raise entry.error(f"{key} of {entry.name} cannot be read: {problem.strerror or problem} ({name})", key) from None
    except UnicodeDecodeError as problem:
        raise entry.error(f"{key} of {entry.name} is not UTF-8: {problem.reason} ({name})", key) from None
    if len(text) > limits.FILE_CHARACTERS:
        raise entry.error(f"{key} of {entry.name} is longer than {limits.FILE_CHARACTERS:,} characters ({name})", key)
    lines = [line for line in text.split("\n") if line]
    if not 1 <= len(lines) <= limits.LIST_LENGTH:
        raise entry.error(f"{key} of {entry.name} has {len(lines):,} lines; it wants 1 to {limits.LIST_LENGTH:,} ({name})", key)
    return lines


def vocabulary(entry: Entry, inline: str, file: str) -> list[Constant]:
    """The words of the field ``inline``, or of the file that the field ``file`` names."""
    if not entry.has(file):
        return entry.constants(inline)
    if entry.has(inline):
        raise entry.error(f"{entry.name} has both {inline} and {file}", file, "leave one of them out")
    return list(read_lines(entry, file))
