"""Mistakes that could be in the kernels: small changes of their sources, each of which random programs have to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change.

    :param operation: what the programs call; of what loads a column its Arrow type, as ``machine.loading.READERS`` names it.
    :param file: in ``feature_dsl``.
    :param before: text that stands in the file once, and ``after``: what takes its place.
    :param kernel: ``module:name`` of the kernel that is compiled anew, where it is not the operation's.
    """

    operation: str
    file: str
    before: str
    after: str
    kernel: str | None = None

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{self.operation}: {' '.join(self.after.split())[:60]}"


def _of(file: str, *changes: tuple[str, str, str]) -> list[Mutation]:
    return [Mutation(operation, f"{file}.py", before, after) for operation, before, after in changes]


_SPREAD = "feature_dsl.kernels.spreading:spread"
_BROADCAST = "feature_dsl.kernels.spreading:broadcast"

MUTATIONS = [
    *_of("kernels/arithmetic",
        ("add", "return integers.add(a, b)", "return a + b, True"),
        ("sub", "return integers.subtract(a, b)", "return integers.subtract(b, a)"),
        ("mul", "return integers.multiply(a, b)", "return a * b, True"),
        ("floordiv", "return a // b, True", "return (a // b if (a < 0) == (b < 0) else -(-a // b)), True"),
        ("floordiv", "np.floor(a / b) + 0.0", "np.floor(a / b)"),
        ("mod", "0 if b == -1 else a % b", "0 if b == -1 else a % b - (b if (a < 0) != (b < 0) and a % b != 0 else 0)"),
        ("mod", "return math.copysign(0.0, b)", "return math.copysign(0.0, a)"),
        ("neg", "return -a, a != _LOWEST", "return -a, True"),
        ("rint", "return np.rint(a)", "return np.floor(a + 0.5)"),
        ("trunc", "return np.trunc(a)", "return np.floor(a)"),
        ("ceil", "return np.ceil(a)", "return np.floor(a) + 1.0"),
    ),
    *_of("kernels/rounding",
        ("round", "size - lower >= 0.5", "size - lower > 0.5"),
        ("clip", "return high if high < raised else raised", "return raised"),
    ),
    *_of("kernels/totals",
        ("min", "return b if b < a else a", "return b if b <= a else a"),
        ("max", "absent = absent or missing(other, spot)", "absent = absent and missing(other, spot)"),
        ("sum", "at * source[STEP]):\n            return 0, False", "at * source[STEP]):\n            continue"),
    ),
    *_of("kernels/comparison",
        ("lt", "return left < right", "return left <= right"),
        ("ge", "return compare_texts(left, right) >= 0", "return compare_texts(left, right) > 0"),
        ("le", "else left[1] - right[1]", "else right[1] - left[1]"),
        ("eq", "return absent and missing(right, other)", "return False"),
        ("is_missing", "1 if missing(value, row * value[STEP]) else 0", "1 if words(value[DATA])[row * value[STEP]] == 0 else 0"),
    ),
    *_of("kernels/logic",
        ("if", "target[row] = source[row] if flags[row] != 0 else other", "target[row] = source[row] if flags[row] == 0 else other"),
        ("not", "out[row] = 1 - words", "out[row] = 0 if missing(value, row * value[STEP]) else 1 - words"),
        ("coalesce", "1 if list_end(value, row) > list", "1 if list_end(value, row) >= list"),
        ("coalesce", "1 if numbers[row] == numbers[row] else 0", "1 if numbers[row] != 0.0 else 0"),
    ),
    *_of("kernels/casts",
        ("int", "and digit > 8", "and digit > 7"),
        ("int", "<= value < 9223372036854775808.0", "<= value <= 9223372036854775808.0"),
        ("int", "end - at > 19", "end - at > 18"),
        ("str", "if value < 0:", "if value < -1:"),
    ),
    *_of("kernels/strings",
        ("contains", "range(start, end - length + 1)", "range(start, end - length)"),
        ("lower", "low <= letter < low + 26", "low <= letter < low + 25"),
        ("trim", "9 <= letter <= 13", "10 <= letter <= 13"),
    ),
    *_of("kernels/texts",
        ("substring", "if start < 0:", "if start <= 0:"),
        ("starts_with", "part[1] <= text[1] and memcmp(text[0], part[0]", "part[1] < text[1] and memcmp(text[0], part[0]"),
    ),
    *_of("kernels/lists",
        ("length", "letters[at] & 0xC0 != 0x80", "letters[at] & 0xE0 != 0x80"),
        ("get", "chosen < 0 or chosen >=", "chosen <= 0 or chosen >="),
        ("take", "offsets[row] + min(length, most)", "offsets[row] + min(length, most - 1)"),
        ("drop_missing", "cut = True\n", "cut = cut or at > 0\n"),
        ("pad", "if start + place < end and not missing(source, start + place):", "if start + place < end:"),
    ),
    *_of("kernels/sequences",
        ("take_last", "max(size - most, 0), min", "max(size - most - 1, 0), min"),
        ("slice", "if first >= size or length < 1:", "if first >= size or length < 2:"),
        ("mask", "if words(keep[DATA])[other + place] != 0:", "if words(keep[DATA])[place] != 0:"),
    ),
    *_of("kernels/ordering",
        ("sort_by", "if falling else _less(keys, b, a)", "if falling else not _less(keys, a, b)"),
        ("top_k", "else min(present, most)", "else min(size, most)"),
    ),
    *_of("kernels/combiners",
        ("list_sum", "absent = not fits", "absent = False"),
        ("list_mean", "            total += values[at]\n            count += 1", "            total += values[at]\n        count += 1"),
        ("list_min", "if not missing(source, at) and (best < 0", "if (best < 0"),
        ("list_gap_max", "gap, fits = integers.subtract(high, low)", "gap, fits = high - low, True"),
        ("weighted_mean", "if not math.isnan(value) and not math.isnan(weight):", "if not math.isnan(weight):"),
    ),
    *_of("kernels/statistics", ("std_dev", "squares / (count - fewer)", "squares / count")),
    *_of("kernels/vectors", ("cosine", "return -1.0 if ratio < -1.0 else ratio", "return ratio - 1e-15")),
    *_of("kernels/vocabulary",
        ("index", "absent[0] if len(absent) else -1", "absent[0] if len(absent) else 0"),
        ("bucket", "if edges[edge] <= values[at] else 0", "if edges[edge] < values[at] else 0"),
        ("bucket", "if edges[middle] <= value:", "if edges[middle] < value:"),
        ("bucket", "1 if values[at * stride] != values[at * stride] else 0", "0"),
    ),
    *_of("kernels/identifiers",
        ("vocab_index", "1 + others + position", "others + position"),
        ("within", "0 <= value < size", "0 <= value <= size"),
    ),
    *_of("kernels/hashing",
        ("hash", "_SEED = np.uint64(42)", "_SEED = np.uint64(43)"),
        ("hash_bucket", "words(argument(frame, step, 1)[DATA])[0] - 1, 1)", "words(argument(frame, step, 1)[DATA])[0], 1)"),
        ("hash_bucket", "0 if marks[at * stride] != 0 else out[at]", "out[at]"),
        ("cross", "max(list_end(source, row) - list_start(source, row), 1)", "max(list_end(source, row) - list_start(source, row), 0)"),
        ("cross", "place = inputs - 1\n", "place = 0\n"),
    ),
    *_of("kernels/xxh64",
        ("hash", "if length >= 32:", "if length > 32:"),
        ("id", "if at + 4 <= end:", "if at + 4 < end:"),
    ),
    *_of("kernels/dates",
        ("weekday", "// _DAY + 3) % 7", "// _DAY + 4) % 7"),
        ("month", "if from_march < 10 else", "if from_march <= 10 else"),
    ),
    *_of("kernels/times",
        ("parse_time", "(year % 100 != 0 or year % 400 == 0)", "year % 100 != 0"),
        ("iso_time", "good = 1 <= at - start <= 9", "good = 1 <= at - start < 9"),
        ("from_millis", "value // 1_000", "(value + 500) // 1_000"),
    ),
    *_of("kernels/maps",
        ("match", "if length == 0 or size == 0:", "if size == 0:"),
        ("kv_keys", "if middle > start:", "if middle >= start:"),
    ),
    *_of("kernels/membership", ("position", "return place - start", "return place")),
    *_of("kernels/overlap",
        ("overlap_equal", "1 if one > 0 and one == other and", "1 if one == other and"),
        ("overlap_index", "range(other - one + 1)", "range(other - one)"),
    ),
    *_of("kernels/normalisers", ("log10_above", "if value > threshold else", "if value >= threshold else")),
    *_of("machine/elementwise",
        ("neg", "return more != 0 and words(more)[at] != 0", "return False"),
        ("exp", "value if math.isfinite(value) else math.nan", "value"),
        ("pow", "a_at, b_at = at * a_step, at * b_step\n", "a_at, b_at = at * a_step, at * a_step\n"),
        ("trim", "words(more)[at] = value[1]", "words(more)[at] = max(value[1], 1)"),
    ),
    *_of("machine/integers", ("hash_mod", "wrapped = parts[1] if value < 0 else nothing", "wrapped = nothing")),
    *_of("machine/registers", ("array", "if source[MORE] != 0 else 0", "if source[MORE] != 0 else 1")),
    Mutation("add", "kernels/spreading.py", "copy_value(source, row * source[STEP], out", "copy_value(source, 0, out", _SPREAD),
    Mutation("mul", "kernels/spreading.py", "out, row * size)", "out, 0)", _BROADCAST),
    *_of("machine/arrow",
        ("bool", "& 1 != 0", "& 1 == 0"),
        ("string", "(place & 7)", "((place + 1) & 7)"),
    ),
    *_of("machine/loading",
        ("string", "first = array[OFFSET] + start\n", "first = start\n"),
        ("bool", "first = array[OFFSET] + start\n", "first = array[OFFSET]\n"),
        ("string", "place = dictionary[OFFSET] + _index(", "place = _index("),
        ("string", "read(dictionary, place, is_null(dictionary, place), data", "read(dictionary, place, False, data"),
        ("int64", "read(array, first + row, is_null(array, first + row), data", "read(array, first + row, is_null(array, row), data"),
        ("double", "if length > 0 and is_null(array, first + row):", "if length < 0:"),
        ("int64", "array[OFFSET] + start + row)", "array[OFFSET] + row)"),
        ("int64", "together and not nulls and", "together and"),
        ("double", "8 * (values[OFFSET] + first)", "8 * first"),
        ("uint8", '"uint8": (_number(_U8)', '"uint8": (_number(_I8)'),
        ("string", "begin = array[OFFSET] + start\n", "begin = start\n"),
        ("double", "_NAN if null else floats", "0.0 if null else floats"),
    ),
]  # fmt: skip
