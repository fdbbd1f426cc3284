"""Hash buckets of other platforms, for models whose tables come from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import constant_int, count
from feature_dsl.reference.farmhash import fingerprint64
from feature_dsl.reference.murmur import murmur64a
from feature_dsl.types import INT, TEXT, Value

_KERNELS = "feature_dsl.kernels.compatibility"


def _rule(low: int) -> Callable[[Sequence[Argument]], Signature]:
    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 2)
        if arguments[0].type != TEXT:
            raise TypeProblem(f"hashes texts, not {arguments[0].type}", 0, "str() gives an integer's digits, which is what they hash there")
        constant_int(arguments, 1, "the number of buckets", low)
        return Signature((TEXT, INT), INT)

    return rule


def _below(arguments: Sequence[Argument]) -> Bounds | None:
    size = arguments[1].value
    return (0, size - 1) if isinstance(size, int) else None


def _modulo(function: Callable[[bytes], int]) -> Callable[[str | None, int], Value]:
    return lambda value, size: function((value or "").encode()) % size


def _bucket(function: Callable[[bytes], int]) -> Callable[[str | None, int], Value]:
    return lambda value, size: 0 if value is None else 1 + function(value.encode()) % (size - 1)


_HASHES: tuple[tuple[str, Callable[[bytes], int], str, tuple[str, str, str]], ...] = (
    ("murmur", murmur64a, "MurmurHash64A with seed 0xc70f6907 (libstdc++'s std::hash, EasyRec's default)", ("33", "44", "1")),
    ("farm", fingerprint64, "FarmHash's Fingerprint64 (TensorFlow's to_hash_bucket_fast)", ("85", "59", "1")),
)
for _name, _function, _what, _examples in _HASHES:
    register(
        Operation(
            f"{_name}_mod", 1, _rule(1), _modulo(_function), f"{_KERNELS}:{_name}_mod",
            f"{_what}, an unsigned number, modulo n; missing counts as \"\".",
            ((f'{_name}_mod("abc", 100)', _examples[0]), (f'{_name}_mod("efg", 100)', _examples[1])),
            "hashing", lifts=(0,), bounds=_below, signature="x: utf8, n: constant int64 → int64", total=True,
        )
    )  # fmt: skip
    register(
        Operation(
            f"{_name}_bucket", 1, _rule(2), _bucket(_function), f"{_KERNELS}:{_name}_bucket",
            f"0 for missing, else 1 + {_name}_mod(x, n - 1): hash_bucket with that hash.",
            ((f'{_name}_bucket("", 100)', "0"), (f'{_name}_bucket("abc", 2)', _examples[2])),
            "hashing", lifts=(0,), bounds=_below, signature="x: utf8, n: constant int64 → int64", total=True,
        )
    )  # fmt: skip
