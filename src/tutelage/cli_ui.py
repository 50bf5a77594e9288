"""``tutelage ui``: the page of a run, while it goes on and after."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import errors_as_lines


def ui(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR [DIR2 ...]", help="Run directories.")],
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Instead of the first free one.")] = None,
) -> None:
    """Show runs in the browser: live while they go on, whole after it. Two runs can be set side by side."""
    from tutelage.graph.ui import server

    with errors_as_lines():
        app = server.make_app(directories)
        listening = server.open_socket(port)
    typer.echo(f"http://{server.LOOPBACK}:{listening.getsockname()[1]}/ shows {', '.join(map(str, directories))}")
    typer.echo("only this machine can reach it; Ctrl-C ends it, and the run goes on")
    threading.Thread(target=server.warm_up, args=(directories,), daemon=True).start()
    try:
        asyncio.run(server.make_server(app).serve(sockets=[listening]))
    except KeyboardInterrupt:
        return
