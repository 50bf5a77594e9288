"""The card of a handed-over student: what it is, was taught, can and cannot do, and how to load it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.graph.cards import render_card
from tutelage.graph.manifest import Manifest
from tutelage.graph.page.formats import interval, rate
from tutelage.graph.records import TrainingRecord
from tutelage.training.handoff import Form


@dataclass(frozen=True)
class AdapterFacts:
    """Which adapter is handed over.

    Attributes:
        folder: Its folder's name in the run.
        sha256: Its identity, as in ``report.json``.
        rank: Of its matrices, which a server must be told; None where every weight was trained.
    """

    folder: str
    sha256: str
    rank: int | None


def card(
    form: Form,
    manifest: Manifest,
    report: Mapping[str, Any],
    adapter: AdapterFacts,
    trainings: Sequence[TrainingRecord],
    *,
    base_id: str | None,
    licence: str | None,
    running: bool,
) -> str:
    """The card as Markdown, with the front matter by which a hub knows the model.

    Args:
        form: What is handed over.
        manifest: The run's.
        report: The run's, as far as it has come.
        adapter: Which adapter.
        trainings: The rounds that made it, in order.
        base_id: The base model's id on a hub; None where it has none.
        licence: The base model's, by the hub's name for it; None where it is not known.
        running: Whether the run may still undo what is handed over.
    """
    facts = {
        "form": form,
        "manifest": manifest,
        "report": report,
        "adapter": adapter,
        "datasets": trainings,
        "base_id": base_id,
        "licence": licence,
        "running": running,
        "teachers": list(dict.fromkeys(_teacher(t) for t in report["teachers"])),
        "system": manifest.config.student.answering.system_prompt,
        "instruction": manifest.domain.answer_instruction,
        "context": manifest.config.training.max_length,
    }
    return render_card("handoff_card.md.j2", _rate, facts)


def _rate(facts: Mapping[str, float] | None) -> str:
    if facts is None:
        return "not measured"
    return f"{rate(facts['rate'])} ({interval(facts['low'], facts['high'])}, n = {facts['n']:.0f})"


def _teacher(facts: Mapping[str, Any]) -> str:
    return f"{facts['model']}{'' if facts['is_language_model'] else ' (not a language model)'}"
