"""Hand over the student of record: an adapter, a merged model or a GGUF file, with a card, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutelage.errors import InputError, StudentError
from tutelage.files import cache_folder, write_text
from tutelage.graph.handoff_card import AdapterFacts, card
from tutelage.graph.manifest import Manifest
from tutelage.graph.records import Decision, TrainingRecord
from tutelage.graph.report import build_report
from tutelage.graph.rundir import RunDir
from tutelage.graph.state import State
from tutelage.pedagogy.records import Item
from tutelage.training.adapters import CONFIG, adapter_sha256, current, holds_whole_model
from tutelage.training.bundled import ALIAS
from tutelage.training.folders import whole_folder
from tutelage.training.gguf_shape import gguf_split
from tutelage.training.handoff import Form, copy_adapter, write_gguf, write_merged
from tutelage.training.source import describe_student, hub_id, licence_of, prepare_student


@dataclass(frozen=True)
class HandedOver:
    """What was written.

    Attributes:
        base: Folder of the base model on this machine, which an adapter needs beside it.
        sha256: Of the adapter, as in the report and the card.
    """

    folder: Path
    base: Path
    sha256: str


async def hand_over(
    rundir: RunDir, manifest: Manifest, items: Mapping[str, Item], state: State, form: Form, folder: Path
) -> HandedOver:
    """Write the student of record to ``folder``.

    The run may go on meanwhile: the adapter that ``current`` points at now is taken, and adapters are never changed.

    Args:
        rundir: The run.
        manifest: Its manifest.
        items: Its probe items.
        state: Its last state.
        form: What to write.
        folder: Where to; must not exist.

    Raises:
        InputError: the folder exists, or the run has trained nothing yet, or no adapter but the whole model.
        StudentError: the base model is not the one that was taught, or cannot be written in this form.
        WorkerDied: the child that merges ended before it was done.
        DiskError: it cannot be written; nothing is left.
    """
    adapter = _adapter(rundir, folder)
    if form == "adapter" and holds_whole_model(adapter):
        raise InputError(
            "the run trained every weight: there is no adapter", where=adapter, do="say --merged, the whole model"
        )
    base = _base(manifest, form)
    text = _card(rundir, manifest, items, state, form, adapter, base)
    name = hub_id(manifest.config.student.model) or manifest.student.name
    with whole_folder(folder) as temporary:
        log = rundir.log(f"export-{form}")
        match form:
            case "adapter":
                copy_adapter(adapter, name, temporary)
            case "merged":
                await write_merged(base, adapter, temporary, log)
            case "gguf":
                await write_gguf(base, adapter, temporary, log)
        write_text(temporary / "README.md", text)
    return HandedOver(folder, base, adapter_sha256(adapter))


def _adapter(rundir: RunDir, folder: Path) -> Path:
    """The adapter to hand over, once it is known that there is one and room for it."""
    if folder.exists():
        raise InputError("exists already", where=folder, do="remove it, or say another folder with --into")
    adapter = current(rundir.adapters)
    if adapter is None:
        raise InputError("the run has no adapter yet", where=rundir.root, do="wait until its first round is trained")
    return adapter


def _base(manifest: Manifest, form: Form) -> Path:
    """The base model's folder, once it is known to be the one that was taught."""
    base = prepare_student(manifest.config.student.model, cache_folder())
    if describe_student(base) != manifest.student:
        raise StudentError("not the base model that was taught", where=base, do="restore it, or run anew")
    if form == "gguf":
        gguf_split(base)
    return base


def _card(
    rundir: RunDir,
    manifest: Manifest,
    items: Mapping[str, Item],
    state: State,
    form: Form,
    adapter: Path,
    base: Path,
) -> str:
    rank = None if holds_whole_model(adapter) else json.loads((adapter / CONFIG).read_text(encoding="utf-8"))["r"]
    facts = AdapterFacts(folder=adapter.name, sha256=adapter_sha256(adapter), rank=rank)
    # Between a round's training and its checkpoint the state still names the adapter before.
    report = build_report(rundir, manifest, items, State(**{**state, "adapter": adapter.name}))
    spec = manifest.config.student.model
    return card(
        form,
        manifest,
        report,
        facts,
        made_by(rundir.rows("trainings", TrainingRecord), rundir.rows("decisions", Decision), adapter.name),
        base_id=hub_id(spec),
        licence="apache-2.0" if spec == ALIAS else licence_of(base),
        running="outcome" not in state,
    )


def made_by(trainings: Sequence[TrainingRecord], decisions: Sequence[Decision], adapter: str) -> list[TrainingRecord]:
    """The rounds whose lessons are in an adapter, in order: those up to its own that were not rolled back."""
    undone = {d.round for d in decisions if d.verdict == "rolled_back"}
    last = max((t.round for t in trainings if t.adapter == adapter), default=0)
    return [t for t in trainings if t.round <= last and t.round not in undone]
