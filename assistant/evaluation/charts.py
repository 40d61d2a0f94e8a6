"""Charts as inline SVG: drawn by hand, coloured by the page's style sheet, each with its words for a screen reader."""

from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT = 440, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 12, 38


def _svg(body: str, label: str, height: int = HEIGHT, width: int = WIDTH) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{body}</svg>'


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "tick") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def whisker(mean: float, low: float, high: float) -> str:
    """Return a share from 0 to 1 with its interval, in a line."""
    start, end, at = (2 + 116 * min(1.0, max(0.0, value)) for value in (low, high, mean))
    body = (
        '<line class="grid" x1="2" x2="118" y1="8" y2="8"/>'
        f'<line class="range" x1="{start:.1f}" x2="{max(end, start + 0.5):.1f}" y1="8" y2="8"/>'
        f'<circle class="dot" cx="{at:.1f}" cy="8" r="4"/>'
    )
    return _svg(body, f"{mean:.3f}, between {low:.3f} and {high:.3f}", 16, 120)


def bars(groups: Mapping[str, Mapping[str, float | None]], label: str) -> str:
    """Return horizontal bars from 0 to 1: a group a row, a bar for each series."""
    left, step, gap = 118, 15, 12
    body, y = "", 4.0
    for group, values in groups.items():
        body += _text(left - 10, y + len(values) * step / 2 + 4, group, "end", "name")
        for number, value in enumerate(values.values()):
            wide = (WIDTH - left - 48) * (value or 0.0)
            body += f'<rect class="s{number}" x="{left}" y="{y:.1f}" width="{wide:.1f}" height="{step - 4}" rx="2"/>'
            body += _text(left + wide + 6, y + step - 5, "–" if value is None else f"{value:.2f}")
            y += step
        y += gap
    return _svg(body, label, int(y))


def curves(
    series: Mapping[str, Points], label: str, across: str, up: str, *, furthest: float = 1.0, percent: bool = True
) -> str:
    """Return lines over a grid, the upright axis from 0 to 1."""
    wide, high = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    body = ""
    for fifth in range(6):
        y = _TOP + high * (1 - fifth / 5)
        body += f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        body += _text(_LEFT - 6, y + 4, f"{fifth / 5:.1f}", "end")
        tick = f"{fifth * 20} %" if percent else f"{furthest * fifth / 5:.0f}"
        body += _text(_LEFT + wide * fifth / 5, HEIGHT - _BOTTOM + 16, tick, "end" if fifth == 5 else "middle")
    for number, points in enumerate(series.values()):
        path = " ".join(f"{_LEFT + wide * x / furthest:.1f},{_TOP + high * (1 - y):.1f}" for x, y in points)
        body += f'<polyline class="line l{number}" points="{path}"/>'
    body += _text(_LEFT + wide / 2, HEIGHT - 4, across, "middle", "axis")
    body += (
        f'<g transform="rotate(-90 10 {_TOP + high / 2:.0f})">{_text(10, _TOP + high / 2, up, "middle", "axis")}</g>'
    )
    return _svg(body, label)


def histogram(values: Sequence[float], marks: Mapping[str, float], label: str, across: str) -> str:
    """Return how often values fall into each of 24 bins, cut off behind the 99th percentile; marks are named."""
    wide, high, bins = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM, 24
    furthest = max(sorted(values)[int(0.99 * (len(values) - 1))], *marks.values(), 1e-9) * 1.05
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(value / furthest * bins))] += 1
    body = f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_TOP + high}" y2="{_TOP + high}"/>'
    for number, count in enumerate(counts):
        tall = high * count / max(counts)
        x, y = _LEFT + wide * number / bins, _TOP + high - tall
        body += f'<rect class="s0" x="{x + 1:.1f}" y="{y:.1f}" width="{wide / bins - 2:.1f}" height="{tall:.1f}"/>'
    for row, (name, value) in enumerate(marks.items()):
        x = _LEFT + wide * value / furthest
        body += f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + high}"/>'
        side = ("start", 5) if x < WIDTH * 0.6 else ("end", -5)
        body += _text(x + side[1], _TOP + 10 + 15 * row, f"{name} {value:.0f}", side[0], "name")
    for fifth in range(6):
        body += _text(_LEFT + wide * fifth / 5, HEIGHT - _BOTTOM + 16, f"{furthest * fifth / 5:.0f}", "middle")
    body += _text(_LEFT - 6, _TOP + 10, str(max(counts)), "end")
    return _svg(body + _text(_LEFT + wide / 2, HEIGHT - 4, across, "middle", "axis"), label)


def key(names: Sequence[str], kind: str = "s") -> str:
    """Return what the colours of a chart stand for."""
    parts = "".join(f'<span><i class="{kind}{number}"></i>{escape(name)}</span>' for number, name in enumerate(names))
    return f'<p class="key">{parts}</p>'
