from __future__ import annotations

from typing import Any

import pytest

from tests.agents.scripted import Cut, Said, ScriptedTeacher, always, context_of, item
from tutelage.agents.diagnostician import Diagnostician, MapProposal
from tutelage.pedagogy.records import Edge, Module, WrongAnswer

MODULES = tuple(Module(id=k, name=k.upper(), description=f"about {k}") for k in ("a", "b", "c"))


def mapped(**prerequisites: dict[str, float]) -> dict[str, Any]:
    return {
        "modules": [
            {
                "id": k, "difficulty": "advanced",
                "prerequisites": [{"module": p, "confidence": c} for p, c in found.items()],
            }
            for k, found in prerequisites.items()
        ]
    }  # fmt: skip


async def propose(said: Said | ScriptedTeacher, *given: Edge, settled: set[str] | None = None) -> MapProposal:
    teacher = said if isinstance(said, ScriptedTeacher) else always(said)
    agent = Diagnostician(teacher, max_tokens=100)
    named = {e.dependent for e in given} if settled is None else settled
    return await agent.map_domain("sums", "all about sums", MODULES, given, [item("i1", "a")], settled=named)


def ends(proposal: MapProposal) -> set[tuple[str, str, float, str]]:
    return {(e.prerequisite, e.dependent, e.strength, e.source) for e in proposal.map.edges}


async def test_a_good_map_gives_edges_with_their_confidence_and_difficulties() -> None:
    teacher = always(mapped(a={}, b={"a": 0.9}, c={"a": 0.4, "b": 0.7}))
    proposal = await propose(teacher)
    assert proposal.notes == ()
    assert ends(proposal) == {("a", "b", 0.9, "teacher"), ("a", "c", 0.4, "teacher"), ("b", "c", 0.7, "teacher")}
    assert {m.id: m.prerequisites for m in proposal.map.modules} == {"a": (), "b": ("a",), "c": ("a", "b")}
    assert {m.difficulty for m in proposal.map.modules} == {"advanced"}
    (request,) = teacher.asked
    assert (request.role, request.temperature) == ("diagnostician", 0.0)
    assert [m["id"] for m in context_of(request)["modules"]] == ["a", "b", "c"]
    assert context_of(request)["samples"] == [{"module": "a", "question": "Question i1?", "reference": "7"}]


async def test_unknown_modules_are_noted_and_never_enter_the_map() -> None:
    proposal = await propose(mapped(a={}, b={"x": 0.9, "b": 1.0}, c={}, z={"a": 1.0}))
    assert proposal.map.edges == ()
    assert [m.id for m in proposal.map.modules] == ["a", "b", "c"]
    assert set(proposal.notes) == {
        "the teacher named an unknown module: z",
        "the teacher named an impossible prerequisite of b: x",
        "the teacher named an impossible prerequisite of b: b",
    }


async def test_a_module_that_the_teacher_left_out_stays_and_is_noted() -> None:
    proposal = await propose(mapped(a={}, b={"a": 0.5}))
    assert proposal.notes == ("the teacher left a module out: c",)
    assert {m.id: m.difficulty for m in proposal.map.modules}["c"] == "introductory"


async def test_a_cycle_is_passed_on_whole_for_the_method_to_mend() -> None:
    proposal = await propose(mapped(a={"b": 0.4}, b={"a": 0.9}, c={}))
    assert ends(proposal) == {("b", "a", 0.4, "teacher"), ("a", "b", 0.9, "teacher")}


async def test_prerequisites_that_the_author_wrote_are_not_second_guessed() -> None:
    given = Edge(prerequisite="a", dependent="b", strength=1.0, source="user")
    proposal = await propose(mapped(a={}, b={"a": 0.2, "c": 0.9}, c={"a": 0.6}), given)
    assert ends(proposal) == {("a", "b", 1.0, "user"), ("a", "c", 0.6, "teacher")}


async def test_that_a_module_has_no_prerequisites_is_not_second_guessed_either() -> None:
    proposal = await propose(mapped(a={}, b={"a": 0.9}, c={"a": 0.6}), settled={"b"})
    assert ends(proposal) == {("a", "c", 0.6, "teacher")}


@pytest.mark.parametrize("bad", ["I cannot do that.", '{"modules": "many"}', Cut('{"modules": [')])
async def test_a_map_that_cannot_be_read_leaves_the_modules_with_the_authors_edges_and_says_so(bad: Said) -> None:
    given = Edge(prerequisite="a", dependent="b", strength=1.0, source="user")
    proposal = await propose(bad, given)
    assert proposal.map.edges == (given,)
    assert [m.prerequisites for m in proposal.map.modules] == [(), ("a",), ()]
    (note,) = proposal.notes
    assert "could not be used" in note


async def test_a_map_that_does_not_fit_is_asked_for_once_more() -> None:
    teacher = ScriptedTeacher(lambda request, before: mapped(a={}, b={}, c={}) if before else "here you are")
    proposal = await propose(teacher)
    assert proposal.notes == ()
    assert len(teacher.asked) == 2
    assert teacher.asked[1].repair is not None


def wrong(probe: str) -> WrongAnswer:
    return WrongAnswer(probe=probe, question=f"{probe}?", reference="1", response="2")


def named(*probes: str) -> dict[str, Any]:
    return {"misconceptions": [{"name": "drops the carry", "explanation": "forgets it", "probes": list(probes)}]}


async def test_misconceptions_name_only_probes_that_were_shown() -> None:
    teacher = always(named("p1", "made-up", "p2"))
    found = await Diagnostician(teacher, max_tokens=100).misconceptions(MODULES[0], [wrong("p1"), wrong("p2")])
    assert [(m.name, m.probes) for m in found] == [("drops the carry", ("p1", "p2"))]
    assert [w["probe"] for w in context_of(teacher.asked[0])["wrong_answers"]] == ["p1", "p2"]
    assert teacher.asked[0].module == "a"


async def test_without_wrong_answers_nobody_is_asked() -> None:
    teacher = always(named("p1"))
    assert await Diagnostician(teacher, max_tokens=100).misconceptions(MODULES[0], []) == ()
    assert teacher.asked == []


async def test_misconceptions_that_cannot_be_read_are_none() -> None:
    agent = Diagnostician(always("no idea"), max_tokens=100)
    assert await agent.misconceptions(MODULES[0], [wrong("p1")]) == ()
