"""Parts of dates and times of texts, against the standard library's calendar."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

import feature_dsl

Evaluate = Callable[..., list[Any]]
FIRST, LAST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999
EDGES = [0, -1, 1, 59, 60, 86_399, 86_400, -86_400, -86_401, 951_782_400, 951_868_800, 1_709_164_800, FIRST, LAST]
PARTS: dict[str, Callable[[datetime], Any]] = {
    "second": lambda t: t.second, "minute": lambda t: t.minute, "hour": lambda t: t.hour, "weekday": lambda t: t.weekday(),
    "day": lambda t: t.day, "day_of_year": lambda t: t.timetuple().tm_yday, "month": lambda t: t.month, "year": lambda t: t.year,
    "is_weekend": lambda t: t.isoweekday() > 5,
}  # fmt: skip
CYCLE = 146_097 * 86_400


def _times() -> list[int]:
    source = random.Random(7)
    return [*EDGES, *(source.randint(FIRST, LAST) for _ in range(400)), *(source.randint(-(2**33), 2**33) for _ in range(400))]


def _shown(time: int, offset: int = 0) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=time + 60 * offset)


@pytest.mark.parametrize("part", PARTS)
def test_parts(part: str, evaluate: Evaluate) -> None:
    times = _times()
    assert evaluate(f'{part}(x("t"))', t=times) == [PARTS[part](_shown(time)) for time in times]
    for offset in (480, -210, 1_080, -1_080):
        near = [time for time in times if abs(time) < 2**33]
        assert evaluate(f'{part}(x("t"), {offset})', t=near) == [PARTS[part](_shown(time, offset)) for time in near]


@pytest.mark.parametrize("part", PARTS)
def test_parts_far_away_repeat_every_400_years(part: str, evaluate: Evaluate) -> None:
    source = random.Random(3)
    near = [source.randint(0, 2**33) for _ in range(50)]
    cycles = [source.randint(-730_000_000, 729_000_000) for _ in near]
    far = [time + cycle * CYCLE for time, cycle in zip(near, cycles, strict=True)]
    shift = [400 * cycle if part == "year" else 0 for cycle in cycles]
    expected = [PARTS[part](_shown(time)) + (years or 0) for time, years in zip(near, shift, strict=True)]
    assert evaluate(f'{part}(x("t"))', t=far) == expected


@pytest.mark.parametrize("part", PARTS)
def test_missing_and_overflow(part: str, evaluate: Evaluate) -> None:
    nothing = False if part == "is_weekend" else None
    assert evaluate(f'{part}(x("t"))', t=pa.array([None, 0], pa.int64()))[0] is nothing
    assert evaluate(f'{part}(x("t"), 1)', t=[2**63 - 1, 2**63 - 60])[0] is nothing
    assert evaluate(f'{part}(x("t"), -1)', t=[-(2**63), 0])[0] is nothing
    lists = pa.array([[0, None, 86_400], None, []], pa.list_(pa.int64()))
    assert evaluate(f'{part}(x("t"))', t=lists) == [(PARTS[part](_shown(0)), nothing, PARTS[part](_shown(86_400))), (), ()]


def test_iso_texts(evaluate: Evaluate) -> None:
    source, texts, expected = random.Random(1), [], []
    for time in [*EDGES, *(source.randint(FIRST, LAST) for _ in range(300))]:
        moment = datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=time - FIRST)
        offset = source.randint(-1_080, 1_080)
        texts.append(moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + source.choice(["Z", "+00:00", ".5", ",123456789Z"]))
        expected.append(time)
        if FIRST + 2**20 < time < LAST - 2**20:
            local = moment.astimezone(timezone(timedelta(minutes=offset)))
            texts.append(local.isoformat(source.choice("T ")).replace(":", source.choice([":", ":"])))
            expected.append(time)
    assert evaluate('iso_time(x("s"))', s=texts) == expected
    days = ["2026-11-20", "1969-12-31", "0000-02-29", "9999-12-31", "0001-01-01"]
    found = evaluate('iso_time(x("s"), 60)', s=days)
    assert found[:2] == [1_795_132_800 - 3_600, -86_400 - 3_600] and None not in found
    assert evaluate('iso_time(x("s"), 60)', s=["2026-11-20T00:00Z", "2026-11-20 00:00"]) == [1_795_132_800, 1_795_129_200]


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-11", "2026-13-01", "2026-02-29", "2100-02-29", "2026-00-10", "2026-04-31", "2026-1-01", "20261120", "2026-11-20T",
     "2026-11-20T24:00", "2026-11-20T10", "2026-11-20T10:60", "2026-11-20T10:00:60", "2026-11-20T10:00:00.",
     "2026-11-20T10:00:00.1234567890",
     "2026-11-20X10:00", "2026-11-20T10:00+1", "2026-11-20T10:00+19:00", "2026-11-20T10:00+01:60", "2026-11-20T10:00ZZ", "2026-11-20Z",
     " 2026-11-20", "2026-11-20 ", "２026-11-20", "-026-11-20", "2026-11-20T10:00:", "2026-11-20T10:00:0", "2026-11-20T10:00+01:0"],
)  # fmt: skip
def test_texts_that_tell_no_time(text: str, evaluate: Evaluate) -> None:
    assert evaluate('iso_time(x("s"))', s=[text, "x"]) == [None, None]


def test_formats(evaluate: Evaluate) -> None:
    source, times = random.Random(2), []
    for _ in range(200):
        times.append(source.randint(FIRST, LAST))
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%S.%M.%H %d/%m/%Y", "%%%Y年%m月%d日%H%M%S"):
        texts = [_shown(time).strftime(pattern.replace("%Y", f"{_shown(time).year:04}")) for time in times]
        assert evaluate(f'parse_time(x("s"), "{pattern}")', s=texts) == times
        assert evaluate(f'parse_time(x("s"), "{pattern}", -90)', s=texts) == [time + 90 * 60 for time in times]
        assert evaluate(f'parse_time(x("s"), "{pattern}")', s=[texts[0] + "0", texts[0][:-1], "x" + texts[0][1:], None]) == [None] * 4
    assert evaluate('parse_time(x("s"), "%Y")', s=["1970", "1971", "70", "19700"]) == [0, 365 * 86_400, None, None]
    assert evaluate('parse_time(x("s"), "%d.%Y")', s=["31.1970", "32.1970", "00.1970"]) == [30 * 86_400, None, None]


@pytest.mark.parametrize(
    ("call", "message"),
    [('parse_time(x("s"), "%Y %y")', "does not know '%y'"), ('parse_time(x("s"), "%Y%Y")', "twice"),
     ('parse_time(x("s"), "%m")', "wants %Y"),
     ('parse_time(x("s"), "%Y%")', "does not know '%'"), ('parse_time(x("s"), x("s"))', "constant text"),
     ("hour(1.5)", "seconds since 1970"),
     ("hour(0, 1081)", "from -1080 to 1080"), ('hour(0, x("t"))', "constant integer"), ('hour(x("s"))', "parse_time"),
     ("hour(0, 0, 0)", "1 to 2 arguments")],
)  # fmt: skip
def test_refusals(call: str, message: str) -> None:
    script = f"def meta(){{ initArray(1,0) }}\ndef main(){{\n{call}\n}}\n"
    with pytest.raises(feature_dsl.FeatureError, match=message):
        feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8()), ("t", pa.int64())]))


def test_differences_and_milliseconds(evaluate: Evaluate) -> None:
    source = random.Random(5)
    pairs = [(source.randint(-(10**11), 10**11), source.randint(-(10**11), 10**11)) for _ in range(300)]
    expected = [timedelta(seconds=b - a).days for a, b in pairs]
    assert evaluate('days_between(x("a"), x("b"))', a=[a for a, _ in pairs], b=[b for _, b in pairs]) == expected
    assert evaluate('days_between(x("a"), x("b"))', a=[-(2**63), 1, None], b=[2**63 - 1, None, 1]) == [None] * 3
    assert evaluate('from_millis(x("a"))', a=[1_999, -1, -1_000, None, 2**63 - 1]) == [1, -1, -1, None, (2**63 - 1) // 1_000]


def test_columns_of_hours_have_24_rows() -> None:
    file = 'version: 1\ncolumns: {t: int64}\nfeatures:\n  - {name: h, kind: expr_feature, expr: "hour(t, 480)"}\n'
    plan = feature_dsl.load(file).compile()
    assert plan.outputs[0].cardinality == 24
    assert plan.run(pa.RecordBatch.from_pydict({"t": [0, None]})).column(0).to_pylist() == [8, 0]
