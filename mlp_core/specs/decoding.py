"""From JSON to a typed struct, with errors that say which field is wrong in one sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from mlp_core.specs.errors import SpecError

Struct = TypeVar("Struct", bound=msgspec.Struct)
# How msgspec writes a key of a mapping in the place of an error.
_WILDCARD = "[...]"
_PLACE = re.compile(r" - at `\$\.?(.*)`$")


def decode(text: bytes | str, kind: type[Struct], what: str) -> Struct:
    """The JSON object `text` as a `kind`; `what` names it in a SpecError."""
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SpecError(f"{what} is not JSON: {error}") from error
    return convert(document, kind, what)


def convert(document: Any, kind: type[Struct], what: str) -> Struct:
    """A decoded object as a `kind`: unknown and missing fields, wrong types and values out of range raise SpecError."""
    if isinstance(document, Mapping):
        fields = [field.encode_name for field in msgspec.structs.fields(kind)]
        for key in document:
            if key not in fields:
                raise SpecError(f"{what} has no field {key!r}{nearest(str(key), fields)}; it takes {', '.join(fields)}")
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        place = _PLACE.search(message)
        if place is None:
            raise SpecError(f"{what}: {_lower(message)}") from error
        path, wrong = place.group(1), _lower(_PLACE.sub("", message))
        if _WILDCARD in path:
            raise SpecError(f"{what}: {path}: {wrong}") from error
        raise SpecError(f"{what}: {path} is {_value_at(document, path)!r}, {wrong}") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """ " (did you mean 'x'?)" where a known name is near, otherwise nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _value_at(document: Any, path: str) -> Any:
    """The value that msgspec's path `a.b[0]` points to; the whole document where there is none."""
    value = document
    for name, index in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return document
    return value


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
