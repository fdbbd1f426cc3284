"""Random well-typed programs and random batches of raw columns."""

from __future__ import annotations

import importlib.util
import json
import random
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

COLUMNS = {
    "i": "int64", "j": "int64", "f": "float64", "g": "float64", "s": "utf8", "t": "utf8", "b": "bool",
    "li": "list<int64>", "lf": "list<float64>", "ls": "list<utf8>", "lb": "list<bool>",
}  # fmt: skip
_ARROW = {
    "int64": pa.int64(), "float64": pa.float64(), "utf8": pa.utf8(), "bool": pa.bool_(),
    "list<int64>": pa.list_(pa.int64()), "list<float64>": pa.list_(pa.float64()), "list<utf8>": pa.list_(pa.utf8()),
    "list<bool>": pa.list_(pa.bool_()),
}  # fmt: skip
SCHEMA = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])
OPERATIONS_PER_PROGRAM = 8


def sibling(name: str) -> ModuleType:
    """A module of helpers that lies beside this one."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"feature_dsl_tests_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_values = sibling("random_values")


class Programs:
    """Draws expressions of a wanted type, and batches of rows."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self._decks: dict[str, list[str]] = {kind: [] for kind in _CARRIED}

    def scripts(self, count: int) -> list[str]:
        """Several scripts; ``as_file`` makes a feature file of them."""
        return [self.script(self.random.randint(1, 4)) for _ in range(count)]

    def script(self, depth: int = 4) -> str:
        """A whole script: of one expression, or of several operations drawn evenly, whose values make one list."""
        return self._nested(depth) if self.random.random() < 0.2 else self._broad()

    def using(self, name: str) -> str:
        """A script that calls one operation several times."""
        kind = self.random.choice([kind for kind, suited in _SUITED.items() if name in suited])
        return self._listing(kind, [name] * 3)

    def reading(self) -> list[str]:
        """A script for each column, which gives its values as they are, hashed where they are texts."""
        read = [(kind, f'x("{name}")') for name, kind in COLUMNS.items()]
        values = [f"hash({text})" if "utf8" in kind else text for kind, text in read]
        return [f"def meta(){{ initValue() }}\ndef main(){{ {text} }}\n" for text in values]

    def _broad(self) -> str:
        sizes = [len(suited) for suited in _SUITED.values()]
        (kind,) = self.random.choices(list(_SUITED), sizes)
        return self._listing(kind, [self._deal(kind) for _ in range(OPERATIONS_PER_PROGRAM)])

    def _deal(self, kind: str) -> str:
        """An operation from a shuffled deck of all: each comes as often as the others."""
        deck = self._decks[kind]
        if not deck:
            deck += [*_SUITED[kind], *(name for name in _OFTEN if name in _SUITED[kind])]
            self.random.shuffle(deck)
        return deck.pop()

    def _listing(self, kind: str, names: list[str]) -> str:
        parts = []
        for name in names:
            made, maker = self.random.choice(_SUITED[kind][name])
            parts.append(_as_list(kind, made, maker(self, self.random.choice([0, 0, 0, 1, 1, 2]))))
        lines = [f"  v{place} = {part}\n" for place, part in enumerate(parts)]
        meta = self.random.choice(["initList()", "initList()", "initArray(40, 7)"])
        listed = ", ".join(f"v{place}" for place in range(len(parts)))
        return f"def meta(){{ {meta} }}\ndef main(){{\n{''.join(lines)}  concat_lists({listed})\n}}\n"

    def _nested(self, depth: int) -> str:
        kind = self.random.choice(["int64", "float64", "bool", "list<int64>", "list<float64>"])
        body = f"  v = {self.expression(kind, depth)}\n"
        if kind.startswith("list"):
            meta = self.random.choice(["initList()", "initList(3)", "initArray(3, 7)", "initArray(1, 5)", "initValue(2)"])
            return f"def meta(){{ {meta} }}\ndef main(){{\n{body}  v\n}}\n"
        meta = self.random.choice(["initArray(1, 0)", "initArray(1, -3)", "initArray(2, 4)", "initValue()"])
        return f"def meta(){{ {meta} }}\ndef main(){{\n{body}  array(v)\n}}\n".replace(
            "array(v)", "v" if meta == "initValue()" else "array(v)"
        )

    def expression(self, kind: str, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.1:
            return self._leaf(kind)
        return self.random.choice(_MAKERS[kind])(self, depth - 1)

    def _leaf(self, kind: str) -> str:
        names = [name for name, column in COLUMNS.items() if column == kind]
        drawn = self.random.random()
        if kind.startswith("list"):
            return self.constants(kind[5:-1]) if drawn < 0.08 and kind != "list<bool>" else f'x("{self.random.choice(names)}")'
        return f'x("{self.random.choice(names)}")' if drawn < 0.85 else self.literal(kind)

    def literal(self, kind: str) -> str:
        if self.random.random() < 0.1:
            return {"utf8": '""', "bool": 'if(true, "", true)', "int64": 'int("")', "float64": 'float("")'}[kind]
        if kind == "bool":
            return self.random.choice(["true", "false"])
        if kind == "utf8":
            word = self.random.choice(_values.WORDS)
            return f'"{word}"'
        value = self.random.choice(_values.INTS[:-2] if kind == "int64" else _values.FLOATS)
        return repr(value)

    def constants(self, kind: str) -> str:
        pools: dict[str, list[Any]] = {"int64": _values.INTS[:-2], "float64": _values.FLOATS[1:], "utf8": _values.WORDS}
        pool = pools[kind]
        chosen = self.random.sample(pool, self.random.randint(1, 6))
        return "array(" + ", ".join(f'"{item}"' if kind == "utf8" else repr(item) for item in chosen) + ")"

    def boundaries(self, kind: str) -> str:
        pool: list[Any] = _values.INTS[:-2] if kind == "int64" else _values.FLOATS[1:]
        chosen = set(self.random.sample(pool, self.random.randint(1, 6)))
        if self.random.random() < 0.2:  # so many are searched in another way
            chosen |= set(range(-20, 20))
        return "array(" + ", ".join(repr(int(edge) if kind == "int64" else float(edge)) for edge in sorted(chosen)) + ")"

    def batch(self, rows: int, script: str = "") -> pa.RecordBatch:
        """Rows of random values, some of them near the constants of a text."""
        values = _values.Values(self.random, script)
        arrays = [pa.array(values.column(kind, rows), _ARROW[kind]) for kind in COLUMNS.values()]
        return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


Maker = Callable[[Programs, int], str]


def _op(name: str, *kinds: str) -> Maker:
    return lambda programs, depth: f"{name}({', '.join(programs.expression(kind, depth) for kind in kinds)})"


def _choice(kind: str) -> list[Maker]:
    return [
        _op("if", "bool", kind, kind),
        _op("coalesce", kind, kind),
    ]


def _index(kind: str, of: str) -> Maker:
    return lambda programs, depth: f"index({programs.constants(kind)}, {programs.expression(of, depth)})"


def _bucket(kind: str, of: str) -> Maker:
    return lambda programs, depth: f"bucket({programs.expression(of, depth)}, {programs.boundaries(kind)})"


def _hash(name: str, of: str) -> Maker:
    return lambda programs, depth: f"{name}({programs.expression(of, depth)}, {programs.random.choice([2, 3, 1000])})"


def _cross(*kinds: str) -> Maker:
    return lambda programs, depth: "cross(1000, " + ", ".join(programs.expression(k, depth) for k in kinds) + ")"


def _split(programs: Programs, depth: int) -> str:
    return f"split({programs.expression('utf8', depth)}, {programs.random.choice(['|', '|a', 'ä'])!r})".replace("'", '"')


def _take(kind: str) -> Maker:
    return lambda programs, depth: f"take({programs.expression(kind, depth)}, {programs.random.randint(1, 3)})"


def _pad(kind: str) -> Maker:
    element = kind[5:-1]
    return lambda programs, depth: (
        f"pad({programs.expression(kind, depth)}, {programs.random.randint(1, 3)}, {programs.expression(element, depth)})"
    )


def _list(kind: str) -> list[Maker]:
    element = kind[5:-1]
    return [
        *_choice(kind), _take(kind), _pad(kind), _op("drop_missing", kind),
        _op("array", element, element), _op("array", element),
    ]  # fmt: skip


_COMPARED = ("int64", "float64", "utf8")
_NUMERIC = ("add", "sub", "mul", "floordiv", "mod", "min", "max")
_FLOATING = ("floor", "ceil", "trunc", "rint", "log", "log2", "log10", "log1p", "exp", "sqrt", "sigmoid")
_REDUCED = ("list_sum", "list_min", "list_max")
_MAKERS: dict[str, list[Maker]] = {
    "bool": [
        *_choice("bool"), *[_op(n, k, k) for n in ("eq", "ne", "lt", "le", "gt", "ge") for k in _COMPARED],
        _op("eq", "bool", "bool"), _op("eq", "int64", "float64"), *[_op("is_missing", k) for k in COLUMNS.values()],
        _op("and", "bool", "bool"), _op("or", "bool", "bool"), _op("not", "bool"), _op("contains", "utf8", "utf8"),
        # results of operations are seldom missing where they are bools, columns often are
        *[lambda programs, depth, name=name: f'{name}(x("b"), {programs.expression("bool", 0)})' for name in ("and", "or")],
        *[lambda programs, depth: 'not(x("b"))'] * 3,
    ],
    "int64": [
        *_choice("int64"), *[_op(name, "int64", "int64") for name in _NUMERIC], _op("neg", "int64"), _op("abs", "int64"),
        *[_op("int", kind) for kind in ("int64", "float64", "utf8", "bool")],
        *[_index(k, k) for k in _COMPARED], _bucket("int64", "int64"), _bucket("float64", "float64"),
        _bucket("float64", "int64"), *[_hash(n, k) for n in ("hash_bucket", "hash_mod") for k in ("int64", "utf8")],
        _op("hash", "utf8"), _op("hash", "int64"), _op("id", "utf8"), _op("id", "int64"), _op("length", "utf8"),
        _op("length", "list<utf8>"), _op("get", "list<int64>", "int64"), *[_op(n, "list<int64>") for n in _REDUCED],
        _cross("utf8", "int64"), _cross("int64", "utf8", "utf8"),
    ],
    "float64": [
        *_choice("float64"), *[_op(name, "float64", "float64") for name in _NUMERIC], _op("div", "int64", "int64"),
        _op("div", "float64", "float64"), _op("add", "int64", "float64"), _op("neg", "float64"), _op("abs", "float64"),
        *[_op("float", kind) for kind in ("int64", "float64", "utf8", "bool")], *[_op(n, "float64") for n in _FLOATING],
        _op("pow", "float64", "float64"), _op("get", "list<float64>", "int64"),
        *[_op(n, "list<float64>") for n in (*_REDUCED, "list_mean")], _op("list_mean", "list<int64>"),
    ],
    "utf8": [
        *_choice("utf8"), _op("str", "int64"), _op("str", "bool"), _op("concat", "utf8", "utf8"),
        _op("concat", "utf8", "utf8", "utf8"), _op("lower", "utf8"), _op("upper", "utf8"), _op("trim", "utf8"),
        _op("get", "list<utf8>", "int64"),
    ],
    "list<int64>": [
        *_list("list<int64>"), _op("add", "list<int64>", "int64"), _op("mul", "int64", "list<int64>"),
        _index("utf8", "list<utf8>"), _index("int64", "list<int64>"), _bucket("float64", "list<float64>"),
        _hash("hash_bucket", "list<utf8>"), _hash("hash_mod", "list<int64>"), _op("int", "list<utf8>"),
        _op("id", "list<utf8>"), _cross("list<utf8>", "utf8"), _cross("int64", "list<utf8>", "list<int64>"),
        _op("get", "list<int64>", "list<int64>"),
    ],
    "list<float64>": [
        *_list("list<float64>"), _op("log1p", "list<float64>"), _op("div", "list<float64>", "float64"),
        _op("float", "list<int64>"), _op("pow", "float64", "list<float64>"),
    ],
    "list<utf8>": [*_list("list<utf8>"), _split, _op("lower", "list<utf8>"), _op("str", "list<int64>")],
}  # fmt: skip


for _kind, _more in (*sibling("makers_of_numbers").MAKERS.items(), *sibling("makers_of_texts").MAKERS.items()):
    _MAKERS.setdefault(_kind, []).extend(_more)
_OFTEN = (
    "and", "or", "not", "is_weekend", "parse_time", "parse_time", "kv_keys", "kv_values", "day", "month", "regex_matches", "from_millis",
)  # fmt: skip
"""Operations of one or two scalars, whose inputs are missing less often: they come twice as often."""
_CARRIED = {"int64": ("int64", "bool", "utf8", "list<int64>", "list<utf8>", "list<bool>"), "float64": ("float64", "list<float64>")}


def _name(maker: Maker) -> str:
    return maker(Programs(random.Random(0)), 0).split("(")[0]


def _suited(kinds: tuple[str, ...]) -> dict[str, list[tuple[str, Maker]]]:
    """Operations by name, each with the types that it gives and how it is made."""
    found: dict[str, list[tuple[str, Maker]]] = {}
    for kind in kinds:
        for maker in _MAKERS[kind]:
            found.setdefault(_name(maker), []).append((kind, maker))
    return found


_SUITED = {kind: _suited(kinds) for kind, kinds in _CARRIED.items()}


def _as_list(kind: str, made: str, text: str) -> str:
    """An expression of type ``made`` as a list of ``kind``."""
    if made.endswith(("utf8", "utf8>")):
        text = f"hash({text})"
    if made.endswith(("bool", "bool>")):
        text = f"int({text})"
    return text if made.startswith("list") else f"array({text})"


def as_file(scripts: Sequence[str]) -> str:
    """A feature file; features are named f0, f1 …"""
    quoted = [json.dumps(text, ensure_ascii=False) for text in scripts]
    entries = [f"  - {{name: f{place}, kind: raw_feature, script: {text}}}" for place, text in enumerate(quoted)]
    return "\n".join(["version: 1", "group: random", "features:", *entries, ""])


def exact(value: Any) -> Any:
    """A value in a form in which equal means the same bits."""
    if isinstance(value, list):
        return [exact(item) for item in value]
    return struct.pack("<d", value) if isinstance(value, float) else (type(value), value)
