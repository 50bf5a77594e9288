"""From a description and seed items to a domain: the Diagnostician draws the modules and tags every item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tutelage.agents.diagnostician import Diagnostician
from tutelage.configs.load import load_sketch
from tutelage.configs.sketch import Sketch
from tutelage.configs.teachers_of import resolve_teacher
from tutelage.errors import DomainError, RunDirError
from tutelage.files import canonical_json, read_json_lines, write_json, write_jsonl, write_text
from tutelage.graph.teaching import open_teachers
from tutelage.graph.written import EXAMPLES, Examined, Order, WrittenProbe, check_verifiable
from tutelage.pedagogy.mapping import Coverage, coverage, merge_duplicates
from tutelage.pedagogy.records import Module
from tutelage.teachers.bounded import each
from tutelage.teachers.cache import ReplyCache, default_cache_folder
from tutelage.teachers.client import OpenAITeacher, Teacher
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

SAMPLES, A_CALL, REPLY_TOKENS = 40, 20, 4096


@dataclass(frozen=True)
class Drawn:
    """A map as it was drawn.

    Attributes:
        modules: Those that enough items exercise.
        left_out: The others, with their number of items.
        merged: Near-duplicates, and whom they became.
        written: Probes that the Tutor wrote where items were too few, kept or not.
    """

    modules: tuple[Module, ...]
    left_out: Mapping[str, int]
    merged: Mapping[str, str]
    coverage: Coverage
    domain: Path
    written: tuple[WrittenProbe, ...] = ()


async def draw_domain(
    path: Path,
    into: Path,
    teacher: str,
    *,
    modules: tuple[int, int],
    least_items: int,
    write_probes: int = 0,
    use_cache: bool = True,
) -> Drawn:
    """Draw the map of a domain that names no modules, and write a domain that does: yours to read and edit.

    Args:
        path: The domain's file without modules.
        into: Folder of the new domain: ``domain.yaml``, ``items.jsonl``, ``map.json`` and the teacher's replies.
        teacher: Whom the Diagnostician asks: a name, a file or a URL.
        modules: How many modules are wanted, at least and at most.
        least_items: Items that a module must have to be kept.
        write_probes: Most probes that are written for a module that lacks items; each must pass verification.
        use_cache: Take answers that were paid for before, and share these.

    Raises:
        InputError: the domain or its items cannot be used, or no module has enough items.
        TeacherError: the teacher does not answer, or not with modules.
    """
    sketch = load_sketch(path)
    rows = _rows(path.parent / sketch.items)
    if write_probes:
        check_verifiable(sketch)
    if (into / "domain.yaml").exists():
        raise RunDirError("a domain lies there already", where=into, do="name another folder")
    plan = resolve_teacher(teacher, Path.cwd())
    async with open_teachers({"diagnostician": plan}, None) as opened:
        members = opened.plans["diagnostician"].at(1).members
        endpoint = next(member for member in members if member.name not in opened.silent)
        cache = ReplyCache(default_cache_folder()) if use_cache else None
        async with OpenAITeacher(endpoint, ReplyStore(into / "replies"), Meter(), cache) as asked:
            agent = Diagnostician(asked, max_tokens=REPLY_TOKENS)
            proposed = await agent.modules(sketch.name, sketch.description, _samples(rows), *modules)
            kept, merged = merge_duplicates(proposed)
            tags = await _tags(agent, kept, rows)
            wanted = _orders(kept, coverage(kept, tags), least_items, write_probes)
            written = await _probes(asked, sketch, kept, rows, wanted)
    for number, probe in enumerate(one for one in written if one.kept):
        id_ = f"written/{number + 1:04d}"
        rows[id_] = {"id": id_, "question": probe.question, "reference": probe.reference}
        rows[id_] |= {} if probe.level is None else {"level": probe.level}
        tags[id_] = (probe.module,)
    return _drawn(sketch, rows, kept, merged, tags, into, least_items, written)


def _orders(modules: Sequence[Module], found: Coverage, least_items: int, most: int) -> list[Order]:
    """What the modules with too few items lack."""
    return [Order(m, min(most, least_items - found.items[m.id])) for m in modules if found.items[m.id] < least_items]


async def _probes(
    asked: Teacher,
    sketch: Sketch,
    modules: Sequence[Module],
    rows: Mapping[str, Mapping[str, Any]],
    wanted: list[Order],
) -> tuple[WrittenProbe, ...]:
    if not any(order.count for order in wanted):
        return ()
    examined = Examined(asked, sketch, modules, [str(row["question"]) for row in rows.values()])
    return tuple(await examined.write(wanted, [*rows.values()][:: max(1, len(rows) // EXAMPLES)][:EXAMPLES]))


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for line, row in read_json_lines(path):
        id_ = str(row.get("id", line))
        if id_ in rows:
            raise DomainError(f"id '{id_}' stands twice", where=f"{path}:{line}")
        if not isinstance(row.get("question"), str) or not row["question"].strip():
            raise DomainError("no question", where=f"{path}:{line}", do="a line is {id, question, reference, level?}")
        rows[id_] = {**row, "id": id_}
    if not rows:
        raise DomainError("no items in it", where=path)
    return rows


def _samples(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Questions from all over the file: a file is often sorted."""
    questions = [str(row["question"]) for row in rows.values()]
    step = max(1, len(questions) // SAMPLES)
    return questions[::step][:SAMPLES]


async def _tags(
    agent: Diagnostician, modules: Sequence[Module], rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    ids = list(rows)
    packs = [ids[at : at + A_CALL] for at in range(0, len(ids), A_CALL)]

    async def tag(pack: list[str]) -> dict[str, tuple[str, ...]]:
        return await agent.tag(modules, {id_: str(rows[id_]["question"]) for id_ in pack})

    return {id_: found for tagged in await each(packs, tag) for id_, found in tagged.items()}


def _drawn(
    sketch: Sketch,
    rows: Mapping[str, dict[str, Any]],
    modules: Sequence[Module],
    merged: Mapping[str, str],
    tags: Mapping[str, tuple[str, ...]],
    into: Path,
    least_items: int,
    written: Sequence[WrittenProbe],
) -> Drawn:
    found = coverage(modules, tags)
    enough = found.at_least(least_items)
    left_out = {module: items for module, items in found.items.items() if module not in enough}
    facts = {
        "modules": [m.model_dump(mode="json") for m in modules], "merged": dict(merged), "items": dict(found.items),
        "left_out": left_out, "covered": round(found.covered, 4), "untagged": list(found.untagged),
        "tags": {id_: list(said) for id_, said in tags.items()},
    }  # fmt: skip
    write_json(into / "map.json", facts)
    if written:
        write_jsonl(into / "written.jsonl", written)
    if not enough:
        most = max(found.items.values())
        raise DomainError(
            f"no module of the map has {least_items} items; the fullest has {most}, and {len(found.untagged)} of "
            f"{len(rows)} items fit none",
            where=into / "map.json",
            do="add items, ask for fewer modules (--modules), or lower --least-items",
        )
    kept = tuple(m for m in modules if m.id in enough)
    said = {**sketch.model_dump(exclude={"modules"}), "items": "items.jsonl"}
    # Without prerequisites: a run has its teacher propose them, each with its confidence.
    said["modules"] = [m.model_dump(mode="json", exclude={"prerequisites"}) for m in kept]
    lines = [{**row, "module": tags[id_][0]} for id_, row in rows.items() if tags[id_] and tags[id_][0] in enough]
    write_text(into / "items.jsonl", "".join(canonical_json(line) + "\n" for line in lines))
    write_text(into / "domain.yaml", yaml.safe_dump(said, sort_keys=False, allow_unicode=True))
    return Drawn(kept, left_out, merged, found, into / "domain.yaml", tuple(written))


def map_lines(drawn: Drawn) -> list[str]:
    """The map for a person."""
    lines = [f"{m.id}: {m.name}, {drawn.coverage.items[m.id]} items, {m.difficulty}" for m in drawn.modules]
    lines += [f"merged: {one} is {other}" for one, other in drawn.merged.items()]
    lines += [f"left out: {module}, {items} items" for module, items in drawn.left_out.items()]
    lines += [_written_line(module, drawn.written) for module in dict.fromkeys(p.module for p in drawn.written)]
    lines.append(f"{len(drawn.modules)} modules; {drawn.coverage.covered:.0%} of the items fit one of the map's")
    if untagged := drawn.coverage.untagged:
        lines.append(f"fit none: {len(untagged)} items: {', '.join(untagged[:5])}{', ...' if untagged[5:] else ''}")
    return [*lines, f"domain: {drawn.domain}"]


def _written_line(module: str, written: Sequence[WrittenProbe]) -> str:
    mine = [probe for probe in written if probe.module == module]
    reasons = Counter(probe.reason for probe in mine if probe.reason)
    said = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    return f"written for {module}: {len(mine)} probes, {sum(p.kept for p in mine)} kept" + (
        f" ({said})" if said else ""
    )
