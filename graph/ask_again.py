"""One recorded call asked again, with another prompt or of another teacher. The run directory is only read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tutelage.agents.prompting import reworded
from tutelage.configs.teachers_of import resolve_teacher
from tutelage.errors import InputError
from tutelage.graph.manifest import read_manifest
from tutelage.graph.plain_text import visible
from tutelage.graph.teaching import open_teachers
from tutelage.graph.traces.calls import parsed
from tutelage.graph.traces.compare import difference
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import find_step, read_steps
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint, Reply, Request
from tutelage.teachers.meter import Meter
from tutelage.teachers.plans import alone
from tutelage.teachers.replies import ReplyStore, StoredReply


@dataclass(frozen=True)
class Again:
    """A call as it was, and as it came out when it was asked again."""

    before: StoredReply
    request: Request
    reply: Reply
    endpoint: Endpoint


async def ask_again(root: Path, step: str, prompt: str | None, teacher: str | None) -> Again:
    """Ask a recorded question again.

    Args:
        root: The run.
        step: Number, span id or call id of a teacher call.
        prompt: What to ask instead; see ``reworded``.
        teacher: Whom to ask instead: a name, a file or a URL.

    Raises:
        InputError: the step is no call of a teacher, or was never answered.
        TeacherError: the teacher does not answer.
    """
    manifest = read_manifest(root)
    before = _recorded(root, step)
    request = before.request if prompt is None else reworded(before.request, prompt)
    # Whoever plays the other roles need not be there.
    plan = alone(manifest.endpoints[before.reply.endpoint]) if teacher is None else resolve_teacher(teacher, Path.cwd())
    with tempfile.TemporaryDirectory(prefix="tutelage-replay-") as folder:
        async with open_teachers({request.role: plan}, None) as teachers:
            members = teachers.plans[request.role].at(1).members
            endpoint = next(member for member in members if member.name not in teachers.silent)
            async with OpenAITeacher(endpoint, ReplyStore(Path(folder)), Meter()) as asked:
                reply = await asked.ask(request)
    return Again(before, request, reply, endpoint)


def again_facts(found: Again) -> dict[str, Any]:
    """The two calls, for machines."""
    return {
        "before": {
            "prompt": _prompt(found.before.request),
            "reply": found.before.reply.model_dump(mode="json"),
        },
        "after": {
            "prompt": _prompt(found.request),
            "endpoint": found.endpoint.base_url,
            "reply": found.reply.model_dump(mode="json"),
            "parsed": parsed(found.reply.text) if found.request.schema_name else None,
        },
        "prompt_diff": _prompt_diff(found),
        "reply_diff": difference(
            _readable(found, found.before.reply), _readable(found, found.reply), "recorded", "now"
        ),
    }


def again_lines(found: Again) -> list[str]:
    """The two calls, for people."""
    facts = again_facts(found)
    lines = [
        f"recorded: {_said(found.before.reply)}",
        f"now:      {_said(found.reply)}",
        *_part("prompt", facts["prompt_diff"], "the same prompt"),
        *_part("reply", facts["reply_diff"], "the same reply, word for word"),
    ]
    if found.request.schema_name and facts["after"]["parsed"] is None:
        lines += ["", f"the new reply holds no JSON object, so it cannot be read as {found.request.schema_name}"]
    return [visible(line) for line in lines]


def _recorded(root: Path, name: str) -> StoredReply:
    ledgers = Ledgers(root)
    step = find_step(read_steps(ledgers), name)
    if step.call_id is None:
        raise InputError(
            f"step {step.number} ('{step.span.name}') is no call of a teacher",
            where=root,
            do="see 'tutelage trace ls DIR --all'",
        )
    try:
        return StoredReply.model_validate(ledgers.reply(step.call_id))
    except ValidationError as error:
        raise InputError(f"no answer to step {step.number} is kept", where=root, do="choose another call") from error


def _part(name: str, diff: Sequence[str], same: str) -> list[str]:
    return ["", f"--- {name}", *(diff or [same])]


def _prompt_diff(found: Again) -> list[str]:
    return difference(_prompt(found.before.request), _prompt(found.request), "recorded", "now")


def _prompt(request: Request) -> str:
    turns = [request.system, request.user]
    turns += [] if request.repair is None else [request.repair.reply, request.repair.complaint]
    return "\n---\n".join(turn for turn in turns if turn)


def _readable(found: Again, reply: Reply) -> str:
    """A reply as text; where an object was asked for, a field a line, so that a diff shows fields."""
    value = parsed(reply.text) if found.before.request.schema_name else None
    return reply.text if value is None else json.dumps(value, ensure_ascii=False, indent=1)


def _said(reply: Reply) -> str:
    return (
        f"{reply.model} at {reply.endpoint}, {reply.seconds:.2f} s, {reply.prompt_tokens} + {reply.completion_tokens} "
        f"tokens, ended by '{reply.finish_reason}'"
    )
