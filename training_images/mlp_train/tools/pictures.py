"""Pictures as PNG, SVG or PDF, by the file's name. Needs the package `matplotlib`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
_COLOURS = ("#3b6ea5", "#e08e45", "#7a9e65")
_GREY = "#9a9a9a"
_INCHES_PER_BAR, _INCHES_PER_PANEL = 0.27, 0.95


@dataclass(frozen=True)
class Bars:
    """A panel of horizontal bars, the first on top. parts: what a bar is made of, by name: a number for each bar."""

    title: str
    names: Sequence[str]
    parts: Mapping[str, Sequence[float]]
    unit: str


def check_picture(path: Path | None) -> None:
    """TrainError where the picture cannot be made, before the work whose result it shows."""
    from mlp_train.errors import TrainError

    if path is None:
        return
    if path.suffix not in FORMATS:
        raise TrainError(f"--picture: {path} ends with none of {', '.join(FORMATS)}; the end of the name says which format")
    if not path.absolute().parent.is_dir():
        raise TrainError(f"--picture: there is no folder {path.absolute().parent}; make it first")
    if not available():
        raise TrainError("--picture needs the package matplotlib; install it (airflow-mlp[pictures]), or leave the picture out")


def available() -> bool:
    """Whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def draw_bars(path: Path, title: str, panels: Sequence[Bars]) -> None:
    """Panels one below the other, each as high as its bars need."""
    from matplotlib.figure import Figure

    heights = [_INCHES_PER_PANEL + _INCHES_PER_BAR * len(panel.names) for panel in panels]
    figure = Figure(figsize=(9, sum(heights) + 0.5), layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")
    axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for each, panel in zip(axes, panels, strict=True):
        _bars(each, panel)
    _save(figure, path)


def _bars(axes: Axes, panel: Bars) -> None:
    places = range(len(panel.names))
    left = [0.0] * len(panel.names)
    for colour, (name, values) in zip(_COLOURS, panel.parts.items(), strict=False):
        axes.barh(places, values, left=left, color=colour, label=name, height=0.72)
        left = [before + value for before, value in zip(left, values, strict=True)]
    for place, value in zip(places, left, strict=True):
        axes.annotate(f"{value:.3g}", (value, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color="#444444")
    axes.set_yticks(places, panel.names, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlim(left=0)
    axes.set_title(panel.title, fontsize=10, loc="left")
    axes.set_xlabel(panel.unit, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    if len(panel.parts) > 1:
        axes.legend(fontsize=8, loc="lower right", frameon=False)
    _plain(axes, "x")


def draw_history(path: Path, title: str, trials: Sequence[tuple[int, float, bool]], measure: str) -> None:
    """Trials by number: their value, whether they were ended early, and the best one so far as a line."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    kinds = {"to the end": (False, _COLOURS[0]), "pruned": (True, _GREY)}
    for name, (pruned, colour) in kinds.items():
        chosen = [(number, value) for number, value, early in trials if early is pruned]
        if chosen:
            numbers, values = zip(*chosen, strict=True)
            axes.scatter(numbers, values, color=colour, label=name, s=26, zorder=3)
    whole = [(number, value) for number, value, early in trials if not early]
    if whole:
        best = [max(value for other, value in whole if other <= number) for number, _ in whole]
        # The line goes on to the last trial, whichever way that ended.
        places = [*(number for number, _ in whole), max(number for number, _, _ in trials)]
        axes.step(places, [*best, best[-1]], where="post", color=_COLOURS[1], label="best so far")
    axes.set_title(title, fontsize=11, loc="left", fontweight="bold")
    axes.set_xlabel("trial", fontsize=9)
    axes.set_ylabel(measure, fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=9, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)
    _plain(axes, "y")
    _save(figure, path)


def _plain(axes: Axes, grid: Literal["x", "y"]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=130)
