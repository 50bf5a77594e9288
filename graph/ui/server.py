"""The server of ``tutelage ui``: one process on loopback that reads run directories and answers the page."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from tutelage.errors import InputError, TutelageError
from tutelage.graph.report_page import policy, render_live_page
from tutelage.graph.ui.guard import Guard
from tutelage.graph.ui.watch import Watch
from tutelage.graph.ui.wire import to_json

LOOPBACK, PORT, PORTS_TRIED = "127.0.0.1", 8377, 20
Ask = Callable[[Request], Any]


def make_app(roots: Sequence[Path]) -> Starlette:
    """The application for some runs, each under its number.

    Raises:
        RunDirError: one of them is not a run directory.
    """
    watches = [Watch(root) for root in roots]
    routes = [Mount(f"/{number}", routes=_routes(number, watches)) for number in range(len(watches))]
    return Starlette(
        routes=[Route("/", lambda request: RedirectResponse("/0/")), Route("/favicon.ico", _nothing), *routes],
        middleware=[Middleware(Guard, policy=policy(live=True))],
        exception_handlers={TutelageError: _refused},
    )


def open_socket(port: int | None) -> socket.socket:
    """A listening socket on loopback: of that port, or of the first free one from the usual one on.

    Raises:
        InputError: the port, or every one that was tried, is taken.
    """
    ports = range(PORT, PORT + PORTS_TRIED) if port is None else (port,)
    for one in ports:
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((LOOPBACK, one))
            found.listen()
        except OSError:
            found.close()
        else:
            return found
    raise InputError(f"port {ports[0]} is taken", where="--port", do="give another one")


def make_server(app: Starlette) -> uvicorn.Server:
    """The server; ``serve`` answers until it is interrupted."""
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


def warm_up(roots: Sequence[Path]) -> None:
    """Load the slow parts that only the report and the graph need, while the page is already being looked at."""
    from tutelage.graph.ui import live_report, shape

    shape.shape()
    for root in roots:
        with contextlib.suppress(TutelageError):  # the page will say it
            live_report.live_report(root)


def _routes(number: int, watches: Sequence[Watch]) -> list[Route]:
    watch = watches[number]

    def page(request: Request) -> Response:
        others = [(n, w.root.name) for n, w in enumerate(watches) if n != number]
        return HTMLResponse(render_live_page(watch.root.name, others))

    def news(request: Request) -> Any:
        since = request.query_params.get("since", "0")
        return watch.news(int(since) if since.isdecimal() else 0)

    def compare(request: Request) -> Any:
        from tutelage.graph.ui.branches import side_by_side

        other = request.path_params["other"]
        if other >= len(watches):
            raise InputError(f"there is no run {other}")
        return side_by_side(watch.now(), watches[other].now())

    asked: dict[str, Ask] = {
        "news": news,
        "graph": lambda request: _shape(watch.root),
        "report": lambda request: watch.report(),
        "candidates": lambda request: watch.candidates(),
        "candidate/{name:path}": lambda request: watch.candidate(request.path_params["name"]),
        "module/{name:path}": lambda request: watch.module(request.path_params["name"]),
        "step/{name}": lambda request: watch.step(request.path_params["name"]),
        "compare/{other:int}": compare,
    }
    return [Route("/", page), *(Route(f"/api/{path}", _answering(ask)) for path, ask in asked.items())]


def _answering(ask: Ask) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        text = await asyncio.to_thread(lambda: to_json(ask(request)))
        return Response(text, media_type="application/json")

    return endpoint


def _shape(root: Path) -> Any:
    from tutelage.graph.manifest import read_manifest
    from tutelage.graph.ui.shape import shape

    return shape(read_manifest(root).config.strategy.name)


def _nothing(request: Request) -> Response:
    return Response(status_code=204)


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, TutelageError):
        raise HTTPException(500)
    return PlainTextResponse(error.line, status_code=404 if isinstance(error, InputError) else 500)
