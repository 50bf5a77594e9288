"""The card of an exported data set: what it is, who wrote it, what was left out, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.graph.cards import render_card
from tutelage.graph.manifest import Manifest


@dataclass(frozen=True)
class CleanRow:
    """One source that lessons were kept clean of.

    Attributes:
        items: How many items were compared with.
        exact: Candidates that this check removed; likewise the other two.
        left: Lessons of the data set in which a check still finds something.
        problem: Why nothing was compared.
    """

    source: str
    items: int
    exact: int
    minhash: int
    ngram: int
    left: int
    problem: str | None


def card(
    manifest: Manifest,
    report: Mapping[str, Any],
    clean: Sequence[CleanRow],
    *,
    lessons: int,
    has_rejected: bool,
    digest: str,
) -> str:
    """The card, with the front matter by which ``datasets`` finds the files."""
    facts = {
        "manifest": manifest,
        "domain": manifest.domain,
        "report": report,
        "clean": clean,
        "lessons": lessons,
        "has_rejected": has_rejected,
        "digest": digest,
        "models": sorted({(e.model or "unknown", e.is_language_model) for e in manifest.endpoints.values()}),
        "size": _size(lessons),
    }
    return render_card("export_card.md.j2", _rate, facts)


def _rate(value: Mapping[str, float] | None) -> str:
    """A rate with its interval and what it stands on."""
    if value is None:
        return "not measured"
    return f"{value['rate']:.2f} ({value['low']:.2f}-{value['high']:.2f}, n = {value['n']:.0f})"


def _size(rows: int) -> str:
    """The hub's word for a number of rows."""
    for most, word in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M")):
        if rows < most:
            return word
    return "n>1M"
