"""``tutelage teacher`` and ``tutelage cache``: look at an endpoint, serve the offline one, look at stored answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import errors_as_lines, guarded, show_table
from tutelage.errors import TeacherError
from tutelage.graph.plain_text import visible

teacher_app = typer.Typer(no_args_is_help=True, help="Teacher endpoints.")
cache_app = typer.Typer(no_args_is_help=True, help="Teachers' answers that runs share.")


@teacher_app.command("serve")
def serve(port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8000) -> None:
    """Serve the offline teacher (a procedural generator, not a language model) until interrupted."""
    from tutelage.teachers.offline.__main__ import serve_by_hand

    with errors_as_lines():
        serve_by_hand(port)


@teacher_app.command("check")
def check(
    teacher: Annotated[str, typer.Argument(metavar="NAME|URL", help="A teacher's name, file or URL.")],
    model: Annotated[str | None, typer.Option(help="The model, where a URL serves several.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="The variable that holds a URL's key.")] = None,
) -> None:
    """Measure what an endpoint can do, with about fifty short calls, and say what will be made use of."""
    guarded(_check(teacher, model, api_key_env))


async def _check(named: str, model: str | None, api_key_env: str | None) -> None:
    from tutelage.configs.teachers_of import resolve_teacher
    from tutelage.teachers.capabilities import rows
    from tutelage.teachers.check import check_endpoint
    from tutelage.teachers.offline import OFFLINE, OfflineTeacher

    plan = resolve_teacher(named, Path.cwd(), model=model, api_key_env=api_key_env)
    silent: list[TeacherError] = []
    for member in plan.members:
        try:
            if member.identity == OFFLINE.identity:
                async with OfflineTeacher() as running:
                    found = await check_endpoint(running)
            else:
                found = await check_endpoint(member)
        except TeacherError as error:  # the other members of a pool are worth knowing about
            typer.echo(visible(f"{member.name}: {error.what}"))
            silent.append(error)
            continue
        typer.echo(visible(f"{member.name}: {found.model} at {found.base_url}"))
        show_table(("What", "Measured", "What Tutelage does"), [(r.name, r.measured, r.use) for r in rows(found)])
    if silent:
        raise silent[0]


@cache_app.command("stats")
def stats(clear: Annotated[bool, typer.Option("--clear", help="Remove every stored answer.")] = False) -> None:
    """Say what the cache holds, by endpoint and model."""
    from tutelage.teachers.cache import ReplyCache, default_cache_folder

    cache = ReplyCache(default_cache_folder())
    with errors_as_lines():
        found = cache.stats()
    rows = [(s.endpoint, s.model, f"{s.entries:,}", _size(s.bytes)) for s in found.shares]
    show_table(("Endpoint", "Model", "Answers", "Size"), [*rows, ("all", "", f"{found.entries:,}", _size(found.bytes))])
    typer.echo(f"in {cache.folder}")
    if clear:
        typer.echo(f"removed {cache.clear():,} answers; runs keep their own")


def _size(count: int) -> str:
    return f"{count / 1000:,.0f} kB" if count < 10_000_000 else f"{count / 1e6:,.0f} MB"
