"""The accepted lessons of a run as a Hugging Face data set: Parquet in chat format, with a card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tutelage.configs.schema import Domain
from tutelage.errors import InputError, PushError
from tutelage.files import canonical_json, disk_errors, sha256_text, write_bytes, write_text
from tutelage.graph.benchmarks import read_benchmarks, what_is_measured
from tutelage.graph.export_card import CleanRow, card
from tutelage.graph.manifest import Manifest
from tutelage.graph.report import build_report
from tutelage.graph.rundir import RunDir
from tutelage.graph.sources import EXTRA
from tutelage.graph.state import State
from tutelage.pedagogy.lesson import completion, with_instruction
from tutelage.pedagogy.records import Candidate, Item

_LESSONS, _REJECTED = "data/train-00000-of-00001.parquet", "rejected/train-00000-of-00001.parquet"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    lessons: int
    rejected: int


def export(rundir: RunDir, manifest: Manifest, items: Mapping[str, Item], state: State, folder: Path) -> Exported:
    """Write the data set: lessons, rejected candidates, card.

    Args:
        rundir: The run, at rest or not.
        manifest: Its manifest.
        items: Its probe items.
        state: Its last state.
        folder: Where to; files of an earlier export are replaced.

    Raises:
        InputError: there is no accepted lesson, or the library for Parquet is absent.
    """
    candidates = rundir.rows("candidates", Candidate)
    accepted = [c for c in candidates if c.accepted and c.example is not None]
    rejected = [c for c in candidates if not c.accepted]
    if not accepted:
        raise InputError("the run has no accepted lesson yet", where=rundir.root)
    rows = [lesson_row(c, manifest.domain) for c in accepted]
    write_bytes(folder / _LESSONS, _parquet(rows))
    if rejected:
        write_bytes(folder / _REJECTED, _parquet([rejected_row(c) for c in rejected]))
    else:
        with disk_errors(folder / _REJECTED):
            (folder / _REJECTED).unlink(missing_ok=True)  # of an earlier export
    text = card(
        manifest,
        build_report(rundir, manifest, items, state),
        clean_rows(rundir, manifest, candidates),
        lessons=len(rows),
        has_rejected=bool(rejected),
        digest=sha256_text("".join(canonical_json(row) + "\n" for row in rows)),
    )
    write_text(folder / "README.md", text)
    return Exported(folder, len(rows), len(rejected))


def lesson_row(candidate: Candidate, domain: Domain) -> dict[str, Any]:
    """A lesson as a conversation, exactly as the student was trained on it, with where it comes from."""
    lesson, made = candidate.example, candidate.provenance
    assert lesson is not None  # noqa: S101 - the caller has looked
    prompt = with_instruction(lesson.problem, domain.answer_instruction)
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": completion(lesson)},
        ],
        "id": candidate.id,
        "module": lesson.module,
        "prerequisites": list(lesson.prerequisites),
        "difficulty": lesson.difficulty,
        "level": lesson.level,
        "problem": lesson.problem,
        "steps": list(lesson.solution.steps),
        "final_answer": lesson.solution.final_answer,
        "verification": lesson.solution.verification,
        "adaptation": lesson.adaptation.model_dump(),
        **_provenance(candidate),
        "kind": made.kind,
    }


def rejected_row(candidate: Candidate) -> dict[str, Any]:
    """A candidate that was not taught, and why."""
    lesson, contact = candidate.example, candidate.contact
    return {
        "id": candidate.id,
        "module": candidate.module,
        "kind": candidate.kind,
        "reason": candidate.reason,
        "detail": candidate.detail,
        "contact_source": None if contact is None else contact.source,
        "contact_check": None if contact is None else contact.check,
        "problem": None if lesson is None else lesson.problem,
        "final_answer": None if lesson is None else lesson.solution.final_answer,
        **_provenance(candidate),
    }


def clean_rows(rundir: RunDir, manifest: Manifest, candidates: Sequence[Candidate]) -> list[CleanRow]:
    """What lessons were kept clean of: how many each check removed, and how many it finds in what was kept."""
    removed = Counter((c.contact.source, c.contact.check) for c in candidates if c.contact is not None)
    kept = [c.example.problem for c in candidates if c.accepted and c.example is not None]
    problems = {b.name: b.problem for b in read_benchmarks(rundir.root)}
    return [
        CleanRow(
            source=seen.source,
            items=len(seen),
            exact=removed[(seen.source, "exact")],
            minhash=removed[(seen.source, "minhash")],
            ngram=removed[(seen.source, "ngram")],
            left=sum(seen.find(problem) is not None for problem in kept),
            problem=problems.get(seen.source),
        )
        for seen in what_is_measured(rundir.root, manifest.config.tutor)
    ]


def push(folder: Path, repository: str, *, private: bool) -> str:
    """Upload an export to the hub. Returns its address.

    Raises:
        PushError: no token, no network, or the hub refused.
    """
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        made = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=folder, repo_type="dataset", commit_message="Export")
    except (httpx2.HTTPError, OSError, ValueError) as error:  # no network, a refusal, a bad name
        raise PushError(
            f"not uploaded ({type(error).__name__}: {' '.join(str(error).split())[:160]})",
            where=repository,
            do="set HF_TOKEN to a token that may write there; the files are on this machine",
        ) from error
    return str(made)


def _provenance(candidate: Candidate) -> dict[str, Any]:
    made = candidate.provenance
    return {
        "stage": made.stage,
        "round": made.round,
        "seed_item": made.seed_item,
        "teacher_model": made.model,
        "teacher_endpoint": made.endpoint,
        "prompt_sha256": made.prompt_hash,
        "call_id": made.call_id,
    }


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    try:
        import pyarrow as arrow
        from pyarrow.parquet import write_table
    except ImportError as error:
        raise InputError("Parquet files need the 'pyarrow' library", where="export", do=EXTRA) from error
    # By way of JSON, so that a column in which all is None keeps its place.
    table = arrow.Table.from_pylist([json.loads(json.dumps(row)) for row in rows])
    nothing = [n for n, field in enumerate(table.schema) if arrow.types.is_null(field.type)]
    for n in nothing:
        table = table.set_column(n, table.schema.field(n).name, table.column(n).cast(arrow.string()))
    sink = arrow.BufferOutputStream()
    write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())
