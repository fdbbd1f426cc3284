"""Coverage-guided fuzzing of feature files and scripts, by atheris (libFuzzer).

`python tests/fuzz/fuzz_parser.py -max_total_time=600` runs ten minutes, from the seeds below and a folder of one's own where one is
named; options are libFuzzer's. An input that fails is written to the working directory; mend what it shows, and add it to
tests/fuzz/found, which `test_fuzz_found.py` runs with every suite.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_CATALOGUE = HERE.parent / "feature_dsl" / "tools" / "mistakes.txt"
_SECONDS = 30
_LENGTH = 4_096


def one_input(data: bytes) -> None:
    """A text gives features or sentences that say what is wrong; features mean the same printed, and as JSON.

    :raises Exception: whatever a text made happen that is neither.
    """
    import feature_dsl
    from feature_dsl.tools.check import check

    text = data.decode("utf-8", "surrogateescape") + "\n"
    report = check(text)
    for line in report.lines():
        assert line.replace("\n", "").isprintable(), line
    for error in report.errors:
        assert error.line is None or (error.line >= 1 and (error.column or 1) >= 1), str(error)
    try:
        features = feature_dsl.load(text)
        plan = features.compile()
    except feature_dsl.FeatureError as problem:
        assert report.errors, f"check finds nothing, compile says: {problem}"
        return
    assert not report.errors, f"compile takes it, check says: {report.errors[0]}"
    assert feature_dsl.Plan.from_json(plan.to_json()).fingerprint == plan.fingerprint
    assert plan.explain().replace("\n", "") != ""
    assert feature_dsl.load(features.lowered()).compile().fingerprint == plan.fingerprint


def seeds() -> list[bytes]:
    """Texts to begin with: wrong files of the catalogue, right ones, scripts."""
    catalogue = _CATALOGUE.read_text(encoding="utf-8").split("=== ")[1:]
    files = [section.partition("\n")[2].partition("--- is\n")[0] for section in catalogue]
    return [text.encode() for text in (*files, *_RIGHT)]


_COLUMNS = "version: 1\ncolumns: {s: utf8, n: int64, f: float64, b: bool, l: list<utf8>, m: list<int64>}\nfeatures:\n"
_RIGHT = (
    _COLUMNS + "  - {name: a, kind: enum_feature, source: s, values: ['NULL', x, y], default: 0}\n",
    _COLUMNS + "  - {name: a, kind: boundary_feature, source: f, boundaries: [0.5, 1]}\n",
    _COLUMNS + "  - {name: a, kind: list_feature, source: s, separator: '|', hash_buckets: 9, max_length: 2}\n"
    "  - {name: c, kind: cross_feature, inputs: [a, n], hash_buckets: 50}\n",
    _COLUMNS + "  - {name: a, kind: lookup_feature, source: s, map: {x: 1, y: 2.5}, default: -1}\n",
    _COLUMNS + "  - {name: a, kind: expr_feature, expr: \"if(b && n < 3 || !b, log1p(f), -n % 7) * 2\"}\n",
    "version: 1\ndomains:\n  user: {key: u, columns: {u: utf8}}\nfeatures:\n"
    "  - {name: a, kind: id_feature, source: u, hash_buckets: 9, table: t}\n"
    "  - {name: a, kind: id_feature, source: u, override: true, role: key}\n",
    _COLUMNS + "  - name: a\n    kind: raw_feature\n    script: |\n      def meta(){ initArray(3, 0) }\n"
    '      def setup(){ w = array("a", "b\\u00e9") ; n = 2 }\n      def main(){\n        v = x("l").drop_missing()  # words\n'
    '        d = index(w, v).take(n); if(d.length() > 0, d, array(1))\n      }\n',
    'def meta(){ initValue() }\ndef main(){ list_sum(array(1, 2.5, "")) + pow(2, 3) - length("a") }\n',
    'def meta(){ initList(2) }\ndef main(){ split("a|b", "|").hash_bucket(9) }\n',
)  # fmt: skip


def main() -> None:
    """Hands `one_input` to libFuzzer, its modules instrumented."""
    import atheris

    with atheris.instrument_imports(include=["feature_dsl", "lark", "yaml"]):
        import feature_dsl.tools.check  # noqa: F401
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            Path(corpus, f"seed-{number}").write_bytes(seed)
        options = [f"-dict={HERE / 'language.dict'}", f"-timeout={_SECONDS}", f"-max_len={_LENGTH}"]
        atheris.Setup([sys.argv[0], *options, *sys.argv[1:], corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
