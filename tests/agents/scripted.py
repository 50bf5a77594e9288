"""A teacher that says what a test tells it to, and remembers what it was asked. No network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tutelage.pedagogy.records import Item, Module
from tutelage.teachers.contracts import Reply, Request

ADAPTATION = {"concretised": "apples", "decomposed": "steps", "load": "small", "format": "fixed", "language": "plain"}
MODULE = Module(id="number/addition", name="Addition", description="Sums.", prerequisites=("number/counting",))


@dataclass(frozen=True)
class Cut:
    """A reply that the token limit cut off."""

    text: str = '{"lessons": [{"problem": "What is'


Said = dict[str, Any] | str | Cut


@dataclass
class ScriptedTeacher:
    """Answers by ``say``, which sees the request and how many there were before it.

    ``asked`` holds every request in order.
    """

    say: Callable[[Request, int], Said]
    asked: list[Request] = field(default_factory=list)

    async def ask(self, request: Request) -> Reply:
        said = self.say(request, len(self.asked))
        self.asked.append(request)
        cut = isinstance(said, Cut)
        text = said.text if isinstance(said, Cut) else said if isinstance(said, str) else json.dumps(said)
        return Reply(
            call_id=f"call-{len(self.asked)}", text=text, reasoning=None, finish_reason="length" if cut else "stop",
            prompt_tokens=10, completion_tokens=5, endpoint="scripted", model="script-1", seconds=0.1, cached=False,
        )  # fmt: skip


def always(said: Said) -> ScriptedTeacher:
    """A teacher with one answer to everything."""
    return ScriptedTeacher(lambda request, before: said)


def context_of(request: Request) -> dict[str, Any]:
    """The JSON context in a request's prompt."""
    found: dict[str, Any] = json.loads(request.user.split("```json\n")[1].split("\n```")[0])
    return found


def lesson_answer(problem: str, answer: str = "7", **more: Any) -> dict[str, Any]:
    """A lesson as a teacher writes it."""
    return {
        "seed_item": "a1", "problem": problem, "steps": [f"It is {answer}."], "final_answer": answer,
        "verification": "counted again", "level": 1, "adaptation": ADAPTATION, **more,
    }  # fmt: skip


def item(name: str, module: str = MODULE.id, level: int | None = 1) -> Item:
    """A diagnostic item."""
    return Item(id=name, module=module, pool="diagnostic", question=f"Question {name}?", reference="7", sha256=name,
                level=level)  # fmt: skip
