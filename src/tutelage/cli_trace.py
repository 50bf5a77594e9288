"""``tutelage trace``, ``fork`` and ``replay``: from a symptom to the prompt, the reply and the decision behind it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutelage.cli_common import RunDirectory, errors_as_lines, guarded
from tutelage.errors import InputError

if TYPE_CHECKING:
    from tutelage.graph.traces.ledgers import Ledgers
    from tutelage.graph.traces.steps import Filter

RUNS = Path("runs")

trace_app = typer.Typer(no_args_is_help=True, help="Read what a run did: steps, prompts, replies, grades, decisions.")

Json = Annotated[bool, typer.Option("--json", help="For machines.")]
Node = Annotated[str | None, typer.Option("--node", help="Only what is within this node of the graph.")]
Module = Annotated[str | None, typer.Option("--module", help="Only what is about this module.")]
Role = Annotated[str | None, typer.Option("--role", help="Only calls of this role's teacher.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only what failed, died, was cut off, retried or asked again.")]
Slow = Annotated[bool, typer.Option("--slow", help="The slowest first.")]
Why = Annotated[bool, typer.Option("--why", help="Only decisions.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")]


@trace_app.command("ls")
def ls(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A run; without it, those in runs/.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Single calls, gradings and decisions too.")] = False,
    node: Node = None,
    module: Module = None,
    role: Role = None,
    failed: Failed = False,
    slow: Slow = False,
    why: Why = False,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List the runs in runs/, or the steps of one run in order."""
    from tutelage.graph.traces import listing, table
    from tutelage.graph.traces.ledgers import Ledgers
    from tutelage.graph.traces.steps import read_steps

    with errors_as_lines():
        if directory is None:
            runs = listing.run_rows(RUNS)
            _print(runs, listing.run_lines(runs, _terminal_width()), as_json=as_json)
            return
        ledgers = Ledgers(directory)
        wanted = _filter(ledgers, node, module, role, failed, slow, why)
        every = read_steps(ledgers)
        found = table.shown(every, wanted, everything=everything)[:limit]
        rows = table.step_rows(found, every, ledgers)
        _print(rows, table.step_lines(rows, indent=not wanted.is_on, width=_terminal_width()), as_json=as_json)


@trace_app.command("show")
def show(
    directory: RunDirectory,
    step: Annotated[str | None, typer.Argument(metavar="[STEP]", help="A step's number, span id or call id.")] = None,
    node: Node = None,
    module: Module = None,
    role: Role = None,
    failed: Failed = False,
    slow: Slow = False,
    why: Why = False,
    limit: Limit = 5,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Only a call's prompt, as 'tutelage replay' takes it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a step in full, or the first few that the filters let through."""
    from tutelage.graph.traces.detail import detail, detail_lines, prompt_text
    from tutelage.graph.traces.ledgers import Ledgers
    from tutelage.graph.traces.steps import find_step, read_steps

    with errors_as_lines():
        ledgers = Ledgers(directory)
        every = read_steps(ledgers)
        wanted = _filter(ledgers, node, module, role, failed, slow, why)
        found = [find_step(every, step)] if step is not None else wanted.of(every)
        facts = [detail(one, every, ledgers) for one in found[:limit]]
        if prompt:
            _print([], (prompt_text(one) for one in facts if "call" in one), as_json=False)
            return
        lines = [line for one in facts for line in ("", *detail_lines(one, str(directory)))][1:]
        if len(found) > len(facts):
            lines += [
                "",
                f"... and {len(found) - len(facts)} more steps: --limit N, or 'tutelage trace ls' with the filters",
            ]
        _print(facts, lines or ["no step"], as_json=as_json)


@trace_app.command("tail")
def tail(
    directory: RunDirectory,
    everything: Annotated[bool, typer.Option("--all", help="Single calls and gradings too.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Stop at what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Follow a run as it goes, until it ends."""
    from tutelage.graph.traces.ledgers import Ledgers
    from tutelage.graph.traces.tail import follow, tail_line

    with errors_as_lines():
        for line in follow(Ledgers(directory), once=once):
            text = json.dumps(line) if as_json else tail_line(line, everything=everything)
            if text is not None:
                typer.echo(text)


@trace_app.command("diff")
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run directory.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: Json = False,
) -> None:
    """Compare two runs: where they part, and what differs in settings, prompts, data and decisions."""
    from tutelage.graph.traces.compare import compare, compare_lines
    from tutelage.graph.traces.ledgers import Ledgers

    with errors_as_lines():
        found = compare(Ledgers(a), Ledgers(b))
        _print(found, compare_lines(found), as_json=as_json)


@trace_app.command("why")
def why(
    directory: RunDirectory,
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A module's id.")],
    as_json: Json = False,
) -> None:
    """Tell the story of one module: all that was measured, taught and decided about it, and where to look next."""
    from tutelage.graph.plain_text import visible
    from tutelage.graph.traces.ledgers import Ledgers
    from tutelage.graph.traces.steps import read_steps
    from tutelage.graph.traces.story import advice, chapter_rows, story, story_lines

    with errors_as_lines():
        ledgers = Ledgers(directory)
        steps = read_steps(ledgers)
        chapters = story(module, ledgers, steps)
        lines = [*story_lines(module, chapters), "", *advice(chapters, steps, str(directory))]
        _print(chapter_rows(chapters), [visible(line) for line in lines], as_json=as_json)


def replay(
    directory: RunDirectory,
    step: Annotated[str, typer.Option("--step", help="A teacher call: its step number, span id or call id.")],
    prompt: Annotated[Path | None, typer.Option("--prompt", metavar="FILE", help="What to ask instead.")] = None,
    teacher: Annotated[str | None, typer.Option("--teacher", metavar="NAME|URL", help="Whom to ask instead.")] = None,
    as_json: Json = False,
) -> None:
    """Send one recorded call again, with another prompt or teacher, and show the difference. The run stays as it is."""
    from tutelage.graph.ask_again import again_facts, again_lines, ask_again

    with errors_as_lines():
        found = guarded(ask_again(directory, step, None if prompt is None else _read(prompt), teacher))
        _print(again_facts(found), again_lines(found), as_json=as_json)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", where=path) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", where=path) from error
    if not text.strip():
        raise InputError("is empty", where=path, do="'tutelage trace show DIR STEP --prompt' prints one to start from")
    return text


def _filter(
    ledgers: Ledgers, node: str | None, module: str | None, role: str | None, failed: bool, slow: bool, why: bool
) -> Filter:
    from tutelage.graph.traces.steps import Filter

    wanted = Filter(node=node, module=module, role=role, failed=failed, slow=slow, why=why)
    wanted.check(ledgers)
    return wanted


def _terminal_width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _print(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Lines for people, ASCII JSON for machines: neither holds a byte that could steer a terminal."""
    typer.echo(json.dumps(value, indent=1) if as_json else "\n".join(lines))
