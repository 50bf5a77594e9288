"""The cohort's plot: how often an attempt passes by the true ratio, and what a mastered module costs. Plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tutelage.pedagogy.cohort_run import Ledger
from tutelage.pedagogy.cohort_summary import Summary, pass_curve

BINS = (0.70, 0.75, 0.80, 0.84, 0.87, 0.90, 0.92, 0.94, 0.96, 0.98, 1.001)
COLOURS = ("#0b6e4f", "#c1440e", "#e0a458", "#7a6f9b", "#5fb58c")
WIDTH, HEIGHT, TOP, BOTTOM = 960, 420, 60, 330
Drawn = tuple[str, tuple[Ledger, ...], Summary]


def draw(worlds: Mapping[str, Sequence[Drawn]]) -> str:
    """The whole picture."""
    first = next(iter(worlds.values()))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_curves(first),
        *_bars(worlds),
        *_legend([name for name, _, _ in first]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _curves(rows: Sequence[Drawn]) -> list[str]:
    left, right = 60, 450

    def x(ratio: float) -> float:
        return left + (ratio - BINS[0]) / (1 - BINS[0]) * (right - left)

    def y(share: float) -> float:
        return BOTTOM - share * (BOTTOM - TOP)

    parts = [_text(left, 30, "An attempt passes, by the true P_S / P_T (95 % intervals)", bold=True)]
    parts += [_line(left, y(s), right, y(s), "#ddd") + _text(left - 8, y(s) + 4, f"{s:.1f}", "end")
              for s in (0, 0.2, 0.4, 0.6, 0.8, 1.0)]  # fmt: skip
    parts += [_text(x(r), BOTTOM + 18, f"{r:.2f}", "middle") for r in (0.7, 0.8, 0.9, 1.0)]
    parts += [_line(x(0.9), TOP, x(0.9), BOTTOM, "#888", dash=True), _text(x(0.9) - 6, TOP + 12, "unready", "end"),
              _text(x(0.9) + 6, TOP + 12, "ready")]  # fmt: skip
    for (_, ledgers, _), colour in zip(rows, COLOURS, strict=False):
        curve = pass_curve(ledgers, BINS)
        parts += [_line(x(r), y(e.interval.low), x(r), y(e.interval.high), colour) for r, e in curve]
        points = " ".join(f"{x(r):.1f},{y(e.value):.1f}" for r, e in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return parts


def _bars(worlds: Mapping[str, Sequence[Drawn]]) -> list[str]:
    left, right = 540, 940
    top = max(s.lessons.interval.high for rows in worlds.values() for _, _, s in rows)

    def y(lessons: float) -> float:
        return BOTTOM - lessons / top * (BOTTOM - TOP)

    parts = [_text(left - 20, 30, "Lessons for each module truly mastered at the end", bold=True)]
    step = 100 if top < 800 else 400
    parts += [_line(left, y(n), right, y(n), "#ddd") + _text(left - 8, y(n) + 4, str(n), "end")
              for n in range(0, int(top) + 1, step)]  # fmt: skip
    group = (right - left) / len(worlds)
    for place, (name, rows) in enumerate(worlds.items()):
        for n, ((_, _, s), colour) in enumerate(zip(rows, COLOURS, strict=False)):
            at, width = left + place * group + 12 + n * 22, 18
            parts.append(f'<rect x="{at:.1f}" y="{y(s.lessons.value):.1f}" width="{width}" '
                         f'height="{BOTTOM - y(s.lessons.value):.1f}" fill="{colour}"/>')  # fmt: skip
            parts.append(_line(at + 9, y(s.lessons.interval.low), at + 9, y(s.lessons.interval.high), "#222"))
        words = name.split(", ")
        parts += [_text(left + place * group + group / 2, BOTTOM + 18 + 14 * n, _brief(part), "middle")
                  for n, part in enumerate(words)]  # fmt: skip
    return parts


def _brief(text: str) -> str:
    return {"3 % of what was learned is forgotten a round": "3 % forgotten a round",
            "nothing is forgotten": "nothing forgotten",
            "and the teacher is always right": "teacher always right"}.get(text, text)  # fmt: skip


def _legend(names: Sequence[str]) -> list[str]:
    parts, at = [], 60
    for name, colour in zip(names, COLOURS, strict=False):
        parts.append(f'<rect x="{at}" y="{HEIGHT - 30}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(at + 18, HEIGHT - 20, name))
        at += 40 + 6 * len(name)
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dash: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="1.5"{dashes}/>'
    )
