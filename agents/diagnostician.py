"""The Diagnostician: what is there to learn, and what stands behind the student's wrong answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tutelage.agents.answers import MapAnswer, MisconceptionsAnswer
from tutelage.agents.prompting import describe, structured_request
from tutelage.pedagogy.records import Edge, Item, KnowledgeMap, Misconception, Module, WrongAnswer
from tutelage.teachers.client import Teacher
from tutelage.teachers.structured import ask_structured


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
            "diagnostician", "diagnostician_map", "knowledge_map", context, MapAnswer, max_tokens=self._max_tokens
        )
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
        context = {
            "module": module.model_dump(mode="json"),
            "wrong_answers": [
                {"probe": w.probe, "question": w.question, "reference": w.reference, "response": w.response}
                for w in wrong
            ],
        }
        request = structured_request(
            "diagnostician", "diagnostician_misconceptions", "misconceptions", context, MisconceptionsAnswer,
            max_tokens=self._max_tokens, module=module.id,
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, MisconceptionsAnswer)
        if answer.value is None:
            return ()
        shown = {w.probe for w in wrong}
        return tuple(
            Misconception(name=m.name, explanation=m.explanation, probes=tuple(p for p in m.probes if p in shown))
            for m in answer.value.misconceptions
        )


def _merge(
    modules: Sequence[Module], given: Sequence[Edge], answer: MapAnswer, settled: Collection[str]
) -> MapProposal:
    known = {m.id for m in modules}
    proposed = {m.id: m for m in answer.modules if m.id in known}
    notes = [f"the teacher named an unknown module: {m.id}" for m in answer.modules if m.id not in known]
    notes += [f"the teacher left a module out: {k}" for k in sorted(known - set(proposed))]
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


def _with_prerequisites(modules: Sequence[Module], edges: Sequence[Edge]) -> KnowledgeMap:
    parents = {m.id: tuple(sorted(e.prerequisite for e in edges if e.dependent == m.id)) for m in modules}
    return KnowledgeMap(
        modules=tuple(m.model_copy(update={"prerequisites": parents[m.id]}) for m in modules), edges=tuple(edges)
    )
