"""One feature's entry: typed access to its fields, and errors at the field that is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from feature_dsl import limits
from feature_dsl.document.marked import Marked
from feature_dsl.errors import FeatureError, closest, did_you_mean

Constant = int | float | str | bool
_NUMBER_LIKE = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]+")


@dataclass
class Entry:
    """The fields of a mapping. Fields that nobody asked for are unknown; ``finish`` refuses them."""

    name: str
    marked: Marked
    asked: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Whether the field is there."""
        self.asked.add(key)
        return key in self.marked.value

    def error(self, message: str, key: str | None = None, hint: str | None = None) -> FeatureError:
        """An error at a field, or at the entry."""
        place = self.marked.value.get(key, self.marked) if key else self.marked
        error: FeatureError = place.error(message, hint)
        return error

    def raw(self, key: str) -> Marked:
        """A field that has to be there."""
        self.asked.add(key)
        if key not in self.marked.value:
            written = [known for known in self.marked.value if known not in self.asked]
            close = closest(key, written)
            hint = f"is {close[0]!r} a slip for it?" if close else None
            raise self.error(f"{self.name} needs a field {key!r}", hint=hint)
        found: Marked = self.marked.value[key]
        return found

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key).value
        if not isinstance(value, str) or not value:
            raise self.error(f"{key} of {self.name} has to be text, not {_shown(value)}", key)
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def integer(self, key: str, default: int | None = None, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """An integer in low…high."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key).value
        if type(value) is not int or not low <= value <= high:
            wanted = f"an integer from {low:,} to {high:,}"
            if high == 2**63 - 1:
                wanted = "an integer" if low == -(2**63) else f"an integer of at least {low}"
            raise self.error(f"{key} of {self.name} has to be {wanted}, not {_shown(value)}", key)
        return value

    def optional_integer(self, key: str, low: int, high: int = 2**63 - 1) -> int | None:
        return self.integer(key, None, low, high) if self.has(key) else None

    def number(self, key: str, default: int | float) -> int | float:
        """A finite number."""
        if not self.has(key):
            return default
        return self._number(self.raw(key), key)

    def needed_number(self, key: str) -> int | float:
        """A finite number that has to be there."""
        return self._number(self.raw(key), key)

    def choice(self, key: str, known: Sequence[str]) -> str:
        """One of several words, the first where the field is left out."""
        word = self.text(key, known[0])
        if word not in known:
            raise self.error(f"{key} of {self.name} is {word!r}", key, did_you_mean(word, known))
        return word

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        if not self.has(key):
            return default
        value = self.raw(key).value
        if not isinstance(value, bool):
            raise self.error(f"{key} of {self.name} has to be true or false, not {_shown(value)}", key)
        return value

    def sequence(self, key: str, low: int = 1) -> list[Marked]:
        """A list of at least ``low`` items."""
        value = self.raw(key).value
        if not isinstance(value, list):
            raise self.error(f"{key} of {self.name} has to be a list, not {_shown(value)}", key)
        if len(value) < low:
            raise self.error(f"{key} of {self.name} has to hold at least {low} item{'s' if low > 1 else ''}", key)
        if len(value) > limits.LIST_LENGTH:
            raise self.error(f"{key} of {self.name} has more than {limits.LIST_LENGTH:,} items", key)
        return value

    def texts(self, key: str, low: int = 1) -> list[str]:
        """A list of texts."""
        for item in (items := self.sequence(key, low)):
            if not isinstance(item.value, str) or not item.value:
                raise item.error(f"{key} of {self.name} holds names, not {_shown(item.value)}", "quote it")
        return [item.value for item in items]

    def numbers(self, key: str) -> list[int | float]:
        """A list of finite numbers."""
        return [self._number(item, key) for item in self.sequence(key)]

    def constants(self, key: str) -> list[Constant]:
        """A list of texts, or of integers (or of numbers)."""
        items = self.sequence(key)
        for item in items:
            if not isinstance(item.value, str | int | float) or isinstance(item.value, bool):
                hint = "quote it" + (": YAML reads yes, no, on and off as true and false" if isinstance(item.value, bool) else "")
                raise item.error(f"{key} of {self.name} holds texts or numbers, not {_shown(item.value)}", hint)
            if isinstance(item.value, str) != isinstance(items[0].value, str):
                raise item.error(f"{key} of {self.name} mixes texts and numbers", "quote all of them, or none")
            if not isinstance(item.value, str):
                self._number(item, key)
        return [item.value for item in items]

    def _number(self, item: Marked, key: str) -> int | float:
        value = item.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            like = isinstance(value, str) and _NUMBER_LIKE.fullmatch(value)
            hint = "YAML wants a point and a sign there: 1.0e-3" if like else None
            raise item.error(f"{key} of {self.name} wants a finite number, not {_shown(value)}", hint)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise item.error(f"{key} of {self.name} holds an integer that does not fit in 64 bits")
        return value

    def finish(self) -> None:
        """Raises FeatureError at the first field that nobody asked for."""
        for key in self.marked.value:
            if key not in self.asked:
                raise self.marked.keys[key].error(f"{self.name} has no field {key!r}", hint=did_you_mean(key, self.asked))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {list: "a list", dict: "a mapping", type(None): "nothing"}
    return names.get(type(value)) or repr(value)[:60]
