"""The Diagnostician: what is there to learn, and what stands behind the student's wrong answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tutelage.agents.answers import MapAnswer, MisconceptionsAnswer, ModulesAnswer, TagsAnswer
from tutelage.agents.prompting import describe, structured_request
from tutelage.errors import TeacherFailed
from tutelage.pedagogy.mapping import slug
from tutelage.pedagogy.records import Edge, Item, KnowledgeMap, Misconception, Module, WrongAnswer
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Request
from tutelage.teachers.structured import ask_structured

MOST_MISCONCEPTIONS = 5
"""Asked for at a time: "the few" that explain what was answered."""


@dataclass(frozen=True)
class MapProposal:
    """A knowledge map, and what of the teacher's proposal could not be used."""

    map: KnowledgeMap
    notes: tuple[str, ...]


class Diagnostician:
    """Asks its teacher for the knowledge map (section 3.2 of arXiv 2602.12172) and for misconceptions (ours)."""

    def __init__(self, teacher: Teacher, *, max_tokens: int) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens

    async def map_domain(
        self,
        name: str,
        description: str,
        modules: Sequence[Module],
        given: Sequence[Edge],
        samples: Sequence[Item],
        *,
        settled: Collection[str],
    ) -> MapProposal:
        """Have the teacher grade the modules' difficulty and propose their prerequisites with a confidence.

        Args:
            name: The domain's name.
            description: The domain, in a sentence or two.
            modules: The modules, as the domain's author names them.
            given: Edges the author wrote.
            samples: A few diagnostic items of each module.
            settled: Modules whose prerequisites the author wrote, be it that there are none; they take no proposal.
        """
        context = {
            "domain": {"name": name, "description": description},
            "modules": [{"id": m.id, "name": m.name, "description": m.description} for m in modules],
            "samples": [{"module": i.module, "question": i.question, "reference": i.reference} for i in samples],
        }
        request = structured_request(
            "diagnostician", "diagnostician_map", "knowledge_map", context, MapAnswer, max_tokens=self._max_tokens,
            most=len(modules),
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, MapAnswer)
        if answer.value is None:
            why = describe(answer.failure)
            note = f"the teacher's knowledge map could not be used ({why}); the modules stand without edges"
            return MapProposal(_with_prerequisites(modules, given), (note,))
        return _merge(modules, given, answer.value, settled)

    async def misconceptions(self, module: Module, wrong: Sequence[WrongAnswer]) -> tuple[Misconception, ...]:
        """Name what explains the wrong answers; probes the teacher made up are left out."""
        if not wrong:
            return ()
        request = self._to_explain(module, wrong)
        answer = await ask_structured(self._teacher, request, MisconceptionsAnswer)
        if answer.value is None:
            return ()
        shown = {w.probe for w in wrong}
        return tuple(
            Misconception(name=m.name, explanation=m.explanation, probes=tuple(p for p in m.probes if p in shown))
            for m in answer.value.misconceptions
        )

    def explaining_characters(self, module: Module, wrong: Sequence[WrongAnswer]) -> int:
        """How long the prompt is by which these answers are explained."""
        return self._to_explain(module, wrong).characters

    def _to_explain(self, module: Module, wrong: Sequence[WrongAnswer]) -> Request:
        context = {
            "module": module.model_dump(mode="json"),
            "wrong_answers": [
                {"probe": w.probe, "question": w.question, "reference": w.reference, "response": w.response}
                for w in wrong
            ],
        }
        return structured_request(
            "diagnostician", "diagnostician_misconceptions", "misconceptions", context, MisconceptionsAnswer,
            max_tokens=self._max_tokens, module=module.id, most=MOST_MISCONCEPTIONS,
        )  # fmt: skip

    async def modules(self, name: str, description: str, samples: Sequence[str], least: int, most: int) -> list[Module]:
        """Split a domain that names no modules into about ``least`` to ``most`` of them.

        Raises:
            TeacherFailed: no readable list of modules, even when asked again.
        """
        context = {"domain": {"name": name, "description": description}, "count": [least, most], "samples": samples}
        request = structured_request(
            "diagnostician", "diagnostician_modules", "modules", context, ModulesAnswer, max_tokens=self._max_tokens,
            most=most,
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, ModulesAnswer)
        if answer.value is None:
            raise TeacherFailed(
                f"its knowledge map cannot be used ({describe(answer.failure)})",
                do="try another teacher, or name the modules in the domain's file",
            )
        return [
            Module(id=slug(m.id), name=m.name, description=m.description, difficulty=m.difficulty)
            for m in answer.value.modules
        ]

    async def tag(self, modules: Sequence[Module], questions: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """The modules that each question exercises, the main one first. A reply that cannot be read tags nothing."""
        context = {
            "modules": [{"id": m.id, "name": m.name, "description": m.description} for m in modules],
            "items": [{"id": id_, "question": question} for id_, question in questions.items()],
        }
        request = structured_request(
            "diagnostician", "diagnostician_tags", "tags", context, TagsAnswer, max_tokens=self._max_tokens,
            most=len(questions),
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, TagsAnswer)
        known = {m.id for m in modules}
        said = () if answer.value is None else answer.value.tags
        found = {tag.item: tuple(k for k in tag.modules if k in known) for tag in said if tag.item in questions}
        return {id_: found.get(id_, ()) for id_ in questions}


def _merge(
    modules: Sequence[Module], given: Sequence[Edge], answer: MapAnswer, settled: Collection[str]
) -> MapProposal:
    known = {m.id for m in modules}
    proposed = {m.id: m for m in answer.modules if m.id in known}
    notes = _few("the teacher named an unknown module", [m.id for m in answer.modules if m.id not in known])
    notes += _few("the teacher left a module out", sorted(known - set(proposed)))
    edges = {(e.prerequisite, e.dependent): e for e in given}
    for dependent, module in proposed.items():
        for p in module.prerequisites:
            if p.module not in known or p.module == dependent:
                notes.append(f"the teacher named an impossible prerequisite of {dependent}: {p.module}")
            elif dependent not in settled:
                edges[(p.module, dependent)] = Edge(
                    prerequisite=p.module, dependent=dependent, strength=p.confidence, source="teacher"
                )
    graded = [
        m.model_copy(update={"difficulty": proposed[m.id].difficulty}) if m.id in proposed else m for m in modules
    ]
    return MapProposal(_with_prerequisites(graded, list(edges.values())), tuple(notes))


def _few(what: str, ids: Sequence[str], most: int = 5) -> list[str]:
    """A note an id; one note for all where there are many."""
    if len(ids) <= most:
        return [f"{what}: {id_}" for id_ in ids]
    return [f"{what}, {len(ids)} times: {', '.join(ids[:most])}, ..."]


def _with_prerequisites(modules: Sequence[Module], edges: Sequence[Edge]) -> KnowledgeMap:
    parents = {m.id: tuple(sorted(e.prerequisite for e in edges if e.dependent == m.id)) for m in modules}
    return KnowledgeMap(
        modules=tuple(m.model_copy(update={"prerequisites": parents[m.id]}) for m in modules), edges=tuple(edges)
    )
