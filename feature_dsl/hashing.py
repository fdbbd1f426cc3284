"""XXH64 over Arrow columns, with a seed per row so that hashes chain.

The same hash as the language's ``hash``: over UTF-8 bytes, or over an integer's 8 little-endian bytes; bit equal to the
``xxhash`` package and to Spark's ``xxhash64``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Hashes = npt.NDArray[np.uint64]

SEED = 42


def hash_strings(array: pa.Array | pa.ChunkedArray, seed: int | Hashes = SEED, null: int | Hashes | None = None) -> Hashes:
    """The hash of each text or binary value.

    :param array: utf8, large_utf8, string_view, the same of binary, or a dictionary of them; sliced or chunked.
    :param seed: one seed, or an array (n,) of uint64, a seed per row.
    :param null: the hash of null values, one or per row; None gives a null its seed (as Spark's ``xxhash64`` skips nulls).
    :returns: uint64 (n,).
    :raises TypeError: where the array is of another type.
    """
    import numpy as np
    import pyarrow as pa

    from feature_dsl.kernels.xxh64 import hash_texts

    if isinstance(array, pa.ChunkedArray):
        return _chunks(array, seed, null)
    _check_text(array.type)
    seeds = _seeds(seed, len(array))
    plain = _plain(array)
    out = np.empty(len(plain), np.uint64)
    _, offsets, data = plain.buffers()
    if len(plain):
        wide = pa.types.is_large_string(plain.type) or pa.types.is_large_binary(plain.type)
        begin = offsets.address + plain.offset * (8 if wide else 4)
        bytes_at = data.address if data is not None else 0
        hash_texts(begin, int(wide), bytes_at, seeds.ctypes.data, int(len(seeds) > 1), len(plain), out.ctypes.data)
    if plain.null_count:
        absent = plain.is_null().to_numpy(zero_copy_only=False)
        given = np.broadcast_to(seeds if null is None else _seeds(null, len(array)), out.shape)
        out[absent] = given[absent]
    return out


def _plain(array: pa.Array) -> pa.Array:
    """The texts with offsets: out of a dictionary or views where they are in one."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    return array.cast(pa.large_binary()) if pa.types.is_binary_view(array.type) else array


def hash_int64(values: npt.NDArray[np.integer], seed: int | Hashes = SEED) -> Hashes:
    """The hash of each integer, taken as a signed 64-bit number.

    :param values: integers (n,) of any width that fits in int64.
    :param seed: one seed, or an array (n,) of uint64, a seed per row.
    :returns: uint64 (n,).
    """
    import numpy as np

    from feature_dsl.kernels.xxh64 import hash_ints

    numbers, seeds = np.ascontiguousarray(values, np.int64), _seeds(seed, len(values))
    out = np.empty(len(numbers), np.uint64)
    hash_ints(numbers.ctypes.data, seeds.ctypes.data, int(len(seeds) > 1), len(numbers), out.ctypes.data)
    return out


def _seeds(seed: int | Hashes, size: int) -> Hashes:
    import numpy as np

    if isinstance(seed, int):
        return np.array([seed % 2**64], np.uint64)
    if seed.shape != (size,):
        raise ValueError(f"seeds have shape {seed.shape}, the values ({size},)")
    return np.ascontiguousarray(seed, np.uint64)


def _chunks(array: pa.ChunkedArray, seed: int | Hashes, null: int | Hashes | None) -> Hashes:
    import numpy as np

    parts, start = [np.empty(0, np.uint64)], 0
    for chunk in array.chunks:
        rows = slice(start, start + len(chunk))
        part_seed = seed if isinstance(seed, int) else seed[rows]
        part_null = null if null is None or isinstance(null, int) else null[rows]
        parts.append(hash_strings(chunk, part_seed, part_null))
        start += len(chunk)
    return np.concatenate(parts)


def _check_text(data_type: pa.DataType) -> None:
    import pyarrow as pa

    kinds = pa.types
    if kinds.is_dictionary(data_type):
        data_type = data_type.value_type
    checks = (
        kinds.is_string, kinds.is_large_string, kinds.is_string_view,
        kinds.is_binary, kinds.is_large_binary, kinds.is_binary_view,
    )  # fmt: skip
    if not any(check(data_type) for check in checks):
        raise TypeError(f"hash_strings hashes texts and binaries, not {data_type}")
