"""What the operations of a family have in common: the first paragraphs of its page in ``feature_dsl/spec``."""

from __future__ import annotations

FAMILIES = {
    "comparison": """Comparisons give a bool and are never missing. Two numbers, two texts or two bools are compared; beside a
`float64` an `int64` becomes one. Texts order by code points. Missing equals missing (`eq`), and every other comparison with
it is false.""",
    "logic": """Missing counts as false. Nothing is evaluated lazily, as nothing can fail.""",
    "arithmetic": """Missing in, missing out: `0 * missing` is missing. Where all arguments are `int64` the result is an exact
`int64`; one that does not fit in 64 bits is missing and never wraps around. Beside a `float64` an integer becomes one,
rounded to the nearest, and the result is the IEEE 754 double, rounded to the nearest, halves to even; one that is not
finite is missing. `div` always gives a `float64`, and so do the roundings. Division by zero is missing.""",
    "maths": """Functions of the C library, of numbers taken as `float64`; what a function does not define, and what is not
finite, is missing. A row's result never depends on its neighbours: values are computed one by one. There is no random
number: results never depend on chance.""",
    "normalisers": """Normalisers use constants that training fixed, so that a value means the same every day. They do not give
missing numbers a value: what stands in for missing is applied to the **input**, before the normaliser
(`zscore(coalesce(x("n"), 0), 3, 2)`), or to the result, after it. Of a configured feature, `default` is the first and
`default_after` the second; a log10 by its threshold, whose default stands for numbers that are present and too small, is
neither.""",
    "casts": """The only way from one type to another, `int64` to `float64` beside a float aside.""",
    "strings": """Lengths count code points; case and blanks are those of ASCII. A text without characters is missing.""",
    "patterns": """Regular expressions, in time linear in the text whatever the pattern. Patterns are constants of a subset of
RE2's syntax: literals, `.`, `[a-z]`, `[^a-z]`, `\\d \\w \\s` and their opposites (ASCII), `(…)`, `(?:…)`, `|`, `* + ? {m,n}` and
their lazy forms, `^` and `$` (begin and end of the whole text), and at the start `(?i)` (ASCII letters of either case) and
`(?s)` (`.` takes newlines too). In a script a backslash is written twice. The leftmost match counts, and of those there the
first in the order of the pattern's choices, as in Perl, Python and RE2; a part that is repeated is not repeated once more for
nothing. A pattern has at most 500 parts with its repetitions written out, and tables of at most 1,000,000 cells.""",
    "dates": """A time is an `int64`: seconds since 1970-01-01T00:00:00 UTC, negative before it; `from_millis` makes one of milliseconds.
The calendar is the Gregorian one at all times, days have 86,400 seconds, and everything is rounded down. The last argument, which may be
left out, is a constant: minutes by which the clocks there are ahead of UTC, from -1,080 to 1,080. Missing in, missing out.""",
    "lists": """The empty list and a missing one are the same. Elements may be missing, and keep their places unless the
operation says otherwise.""",
    "sequences": """Lists whose order means something, cut, filled and aligned place by place. To discretise a sequence, apply
`bucket` to it; to bucketise it, `hash_bucket` or `index`; both take each element, and keep its place.""",
    "combiners": """One number from a list. Missing elements are left out; sums go from left to right, so that a row's result
never depends on its neighbours; a result that is not finite is missing.""",
    "vectors": """Lists of numbers, taken as `float64`. A vector that has a missing element has no value (a combiner would leave
the element out): the result is missing. Sums go from left to right.""",
    "overlap": """How far two lists of words, a query and a title, have the same ones. Missing elements are no words and are left
out first, before places are counted. Words are equal as `eq` says: no case is folded.""",
    "maps": """Maps in a text, `a:0.5|b:2`, or in two lists, keys and values; a map of maps is
`outer^inner:value,inner:value|outer^…`. Keys are texts or integers; a missing key has no value.""",
    "vocabulary": """From values to positions.""",
    "hashing": """XXH64 with seed 42, over the UTF-8 bytes of a text or the 8 little-endian bytes of an integer, read as a signed
64-bit number. Floats and bools are hashed only after a cast. `murmur_…` and `farm_…` are the hashes of other platforms, for
models whose tables come from there: of texts alone, `str` gives the digits of an integer.""",
}
"""Text by family, in the order of the pages."""
