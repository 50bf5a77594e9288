"""The student and its neighbours take turns on a device, and who comes back must be who left. No torch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tutelage.errors import AdapterNotServed, NeighbourError, ServedOtherwise, StudentServerError
from tutelage.files import cache_folder
from tutelage.training.fidelity import ANSWER, QUESTION, Fingerprint, check_fidelity
from tutelage.training.neighbours import Managed, Movable, Sleeper
from tutelage.training.placement import Neighbour, Placement
from tutelage.training.serving import Server

_TEXT = f"{QUESTION}\n{ANSWER}"

Known = dict[str, tuple[str | None, tuple[float, ...]]]
"""What a server makes of the fixed text, by each name that it answers to: the name's base, and log-probabilities."""


class SharedDevice:
    """The neighbours of the student's training, there while nobody trains. Without any there is nothing to share."""

    def __init__(self, neighbours: Sequence[Movable] = ()) -> None:
        self._neighbours = neighbours

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, placement: Placement, logs: Path | None = None) -> AsyncIterator[SharedDevice]:
        """The neighbours, up and awake, for the length of the block.

        Args:
            placement: who they are, and how they make room.
            logs: folder of what servers of ours print; None: in our cache.

        Raises:
            ConfigError: one is not there, cannot sleep, or does not start.
        """
        async with AsyncExitStack() as stack:
            neighbours: list[Movable] = []
            for one in placement.servers:
                server = await stack.enter_async_context(Server.open(one.url, 1, "a server that shares the device"))
                neighbour = _neighbour(placement, one, server, logs or cache_folder() / "servers")
                stack.push_async_callback(neighbour.release)
                await neighbour.open()
                neighbours.append(neighbour)
            yield cls(neighbours)

    @contextlib.asynccontextmanager
    async def student_turn(self) -> AsyncIterator[list[str]]:
        """The device for the student alone, for the length of the block.

        Yields a list that holds, after the block, a line on each neighbour's return. After a failure in the block
        they are not called back: the run ends, and leaves them as it must.

        Raises:
            NeighbourError: one did not make room, did not come back, or answers otherwise than before.
        """
        notes: list[str] = []
        with _as_neighbour_errors():
            before = [await _known(one.server) for one in self._neighbours]
            left = time.monotonic()
            for one in self._neighbours:
                await one.leave()
        yield notes
        with _as_neighbour_errors():
            for one, known in zip(self._neighbours, before, strict=True):
                await one.come_back()
                off = check_return(known, await _known(one.server), one.server.url)
                notes.append(
                    f"{one.server.url} made room for {time.monotonic() - left:.0f} s and answers as before "
                    f"({', '.join(known)}: off by at most {off:.4f} nats a token)"
                )


def check_return(before: Known, after: Known, where: str) -> float:
    """The largest distance, in nats a token, between what a server's models said before and what they say now.

    Raises:
        NeighbourError: a model or an adapter is gone, or answers otherwise; an adapter is silently its base.
    """
    if gone := sorted(before.keys() - after.keys()):
        raise NeighbourError(f"{', '.join(gone)} did not come back with it", where=where, do=_RELOAD)
    bases = [said for base, said in before.values() if base is None]
    worst = 0.0
    for name, (base, said) in before.items():
        untaught = said if base is None else before[base][1] if base in before else bases[0]
        try:
            known = Fingerprint(tokens=(), untaught=untaught, taught=said)
            worst = max(worst, check_fidelity(after[name][1], known, where))
        except AdapterNotServed as error:
            raise NeighbourError(f"it came back without the adapter {name}", where=where, do=_RELOAD) from error
        except ServedOtherwise as error:
            raise NeighbourError(f"{name} answers otherwise than before", where=where, do=_RELOAD) from error
    return worst


def _neighbour(placement: Placement, one: Neighbour, server: Server, logs: Path) -> Movable:
    if placement.policy == "sleep":
        return Sleeper(server)
    return Managed(server, one.words, logs / f"{urlsplit(one.url).netloc.replace(':', '-')}.log", placement.start_s)


async def _known(server: Server) -> Known:
    return {name: (base, tuple(await server.score_text(name, _TEXT))) for name, base in (await server.models()).items()}


@contextlib.contextmanager
def _as_neighbour_errors() -> Iterator[None]:
    try:
        yield
    except StudentServerError as error:
        raise NeighbourError(error.what, where=error.where, do=error.do) from error


_RELOAD = "start the server anew with its adapters, then resume the run"
