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
    "vocabulary": """From values to positions.""",
    "hashing": """XXH64 with seed 42, over the UTF-8 bytes of a text or the 8 little-endian bytes of an integer, read as a signed
64-bit number. Floats and bools are hashed only after a cast.""",
}
"""Text by family, in the order of the pages."""
