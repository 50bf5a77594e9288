"""What tracing costs a run: requests a second and CPU a request with bodies and spans on, against neither, in one run.

``python benchmarks/tracing_cost.py``. A loopback server answers after a fixed time. Three teachers take turns in one
process: one that keeps nothing, one that keeps every body (which a run needs anyway, to be resumed), and one that also
leaves spans, as a run does. Each turn is compared with its neighbours, so that a machine that is busy now and then
hurts all alike; the median of these ratios counts. Fails when spans cost more than 3 % of the requests a second.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "throughput"))

from work import MAX_TOKENS, MODEL, question

from tutelage.graph.traced import TracedTeacher
from tutelage.teachers.bounded import each
from tutelage.teachers.client import OpenAITeacher, Teacher
from tutelage.teachers.contracts import Endpoint, Reply, Request
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import open_tracer

# As in teacher_throughput.py.
AT_ONCE, CALLS, TURNS, LATENCY_S, TOKENS = 64, 512, 7, 0.5, 200
MOST_SHARE = 0.03


class NoStore(ReplyStore):
    """Keeps nothing."""

    def put(self, request: Request, reply: Reply) -> None:
        """Forget it."""


@contextmanager
def server() -> Iterator[str]:
    """A loopback server's base URL."""
    script = Path(__file__).parent / "throughput" / "loopback.py"
    command = [sys.executable, script, "--latency", str(LATENCY_S), "--tokens", str(TOKENS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()


async def turn(teacher: Teacher, numbers: range) -> tuple[float, float]:
    """Requests a second, and CPU seconds a request, of one turn."""

    async def one(number: int) -> str:
        asked = Request(role="reference", system="", user=question(number), temperature=0.0, max_tokens=MAX_TOKENS,
                        prompt_hash="bench")  # fmt: skip
        return (await teacher.ask(asked)).text

    cpu, began = time.process_time(), time.perf_counter()
    await each(numbers, one, AT_ONCE)
    return len(numbers) / (time.perf_counter() - began), (time.process_time() - cpu) / len(numbers)


async def measure(base_url: str, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """All turns of all teachers."""
    endpoint = Endpoint(name="bench", base_url=base_url, model=MODEL, max_concurrency=AT_ONCE)
    meter = Meter(Caps(calls=10**9, tokens=10**12))
    async with AsyncExitStack() as stack:
        tracer = stack.enter_context(open_tracer(folder / "spans.jsonl", 1))
        bare = await stack.enter_async_context(OpenAITeacher(endpoint, NoStore(folder / "none"), meter))
        kept = await stack.enter_async_context(OpenAITeacher(endpoint, ReplyStore(folder / "kept"), meter))
        told = await stack.enter_async_context(OpenAITeacher(endpoint, ReplyStore(folder / "told"), meter))
        teachers: dict[str, Teacher] = {
            "nothing kept": bare, "bodies": kept, "bodies and spans": TracedTeacher(told, tracer, endpoint),
        }  # fmt: skip
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in teachers}
        numbers = itertools.count()
        for at in range(TURNS + 1):
            first = next(numbers) * CALLS
            order = list(teachers.items())
            for name, teacher in order[at % 3 :] + order[: at % 3]:
                measured = await turn(teacher, range(first, first + CALLS))
                if at:  # the first turn warms up
                    found[name].append(measured)
        return found


class Instant:
    """Answers at once, so that all that is left is the span."""

    async def ask(self, request: Request) -> Reply:
        """The same reply always."""
        return Reply(
            call_id="0" * 64, endpoint="bench", model=MODEL, text="word", reasoning=None, finish_reason="stop",
            prompt_tokens=100, completion_tokens=TOKENS, seconds=0.0, cached=False,
        )  # fmt: skip


async def cpu_of_a_span(folder: Path) -> float:
    """CPU seconds of one call's span alone: names, hash, both lines of the file."""
    endpoint = Endpoint(name="bench", base_url="http://127.0.0.1:1/v1", model=MODEL)
    with open_tracer(folder / "alone.jsonl", 1) as tracer:
        used = [await turn(TracedTeacher(Instant(), tracer, endpoint), range(2000)) for _ in range(5)]
    return statistics.median(cpu for _, cpu in used)


def lost(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> float:
    """The share of the requests a second that is lost from one teacher to the other, turn by turn."""
    return 1 - statistics.median(b / a for (a, _), (b, _) in zip(before, after, strict=True))


def main() -> int:
    """Measure, print, and say whether it is cheap enough."""
    with server() as base_url, tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(base_url, Path(folder)))
        alone = asyncio.run(cpu_of_a_span(Path(folder)))
    rates = {name: statistics.median(rate for rate, _ in turns) for name, turns in found.items()}
    cpu = {name: 1000 * statistics.median(used for _, used in turns) for name, turns in found.items()}
    for name, turns in found.items():
        spread = max(rate for rate, _ in turns) / min(rate for rate, _ in turns) - 1
        print(f"{name:17} {rates[name]:6.1f} requests/s (turns differ by {spread:.1%}), {cpu[name]:.2f} ms CPU")
    spans, both = (lost(found[name], found["bodies and spans"]) for name in ("bodies", "nothing kept"))
    print(f"spans cost {spans:.1%} of the requests a second, bodies and spans {both:.1%}")
    share = alone * rates["bodies"]
    print(f"a call's span alone takes {1000 * alone:.2f} ms of CPU, {share:.1%} of one core at that rate")
    return 0 if spans <= MOST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
