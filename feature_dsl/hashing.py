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

    from feature_dsl.kernels.arrow import text_places
    from feature_dsl.kernels.xxh64 import hash_texts

    if isinstance(array, pa.ChunkedArray):
        return _chunks(array, seed, null)
    _check_text(array.type)
    seeds = _seeds(seed, len(array))
    places, valid = text_places(array)
    out = np.empty(len(array), np.uint64)
    hash_texts(places.starts, places.lengths, places.data, seeds, out)
    if valid is not None:
        absent = ~valid
        given = np.broadcast_to(seeds if null is None else _seeds(null, len(array)), out.shape)
        out[absent] = given[absent]
    return out


def hash_int64(values: npt.NDArray[np.integer], seed: int | Hashes = SEED) -> Hashes:
    """The hash of each integer, taken as a signed 64-bit number.

    :param values: integers (n,) of any width that fits in int64.
    :param seed: one seed, or an array (n,) of uint64, a seed per row.
    :returns: uint64 (n,).
    """
    import numpy as np

    from feature_dsl.kernels.xxh64 import hash_ints

    out = np.empty(len(values), np.uint64)
    hash_ints(np.ascontiguousarray(values, np.int64), _seeds(seed, len(values)), out)
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
