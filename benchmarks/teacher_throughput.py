"""What our teacher client costs beside openai's bare one: requests a second and CPU a request, in one run.

A loopback server answers every request after a fixed time with a fixed number of tokens. Contestants take turns, each
in a process of its own, and the best of the repetitions counts. ``--with distilabel,curator`` also measures these, each
in a virtual environment that is made for it beside this file's folder, in ``.venv-NAME``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = HERE / "throughput"
FLOOR, FLOOR_FROM = 0.90, 64
OTHERS = {
    "distilabel": ("distilabel_pipeline.py", ["distilabel[openai]==1.5.3", "beautifulsoup4", "requests"]),
    "curator": ("curator_dataset.py", ["bespokelabs-curator==0.1.31"]),
}


@dataclass(frozen=True)
class Contestant:
    """Who is measured: a script, and the interpreter that can run it."""

    name: str
    python: Path
    script: Path


@dataclass(frozen=True)
class Measured:
    """One pass."""

    answered: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.answered / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU a request, in milliseconds."""
        return 1000 * self.cpu_seconds / max(1, self.answered)


def main() -> int:
    """Measure, print the table, and fail where ours is under the floor."""
    settings = _settings()
    contestants = [
        Contestant("bare client", Path(sys.executable), SCRIPTS / "bare.py"),
        Contestant("ours", Path(sys.executable), SCRIPTS / "ours.py"),
        *(_other(name) for name in settings.others),
    ]
    results: dict[tuple[str, int], Measured] = {}
    with tempfile.TemporaryDirectory() as folder, _server(settings.latency, settings.tokens) as base_url:
        for concurrency in settings.concurrency:
            calls = max(8, settings.windows * concurrency)
            for _ in range(settings.repeats):
                for contestant in contestants:
                    found = _measure(contestant, base_url, concurrency, calls, folder)
                    key = (contestant.name, concurrency)
                    if key not in results or found.rate > results[key].rate:
                        results[key] = found
    print(_table([contestant.name for contestant in contestants], settings.concurrency, results))
    return _verdict(settings.concurrency, results)


def _settings() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.5, help="seconds a request takes at the server")
    parser.add_argument("--tokens", type=int, default=200, help="tokens in every reply")
    parser.add_argument("--concurrency", type=numbers, default=[1, 16, 64, 256])
    parser.add_argument("--windows", type=int, default=8, help="calls for each one in flight")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--with", dest="others", type=lambda text: text.split(","), default=[], metavar="NAMES")
    return parser.parse_args()


@contextmanager
def _server(latency_s: float, tokens: int) -> Iterator[str]:
    command = [sys.executable, SCRIPTS / "loopback.py", "--latency", str(latency_s), "--tokens", str(tokens)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout is None:
                raise RuntimeError("the server has no output")
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        finally:
            server.terminate()


def _other(name: str) -> Contestant:
    """A public system in an environment of its own, installed at the first use."""
    script, wanted = OTHERS[name]
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return Contestant(name, python, SCRIPTS / script)


def _measure(contestant: Contestant, base_url: str, concurrency: int, calls: int, folder: str) -> Measured:
    command = [contestant.python, contestant.script, base_url, str(concurrency), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": folder})
    if done.returncode:
        raise RuntimeError(f"{contestant.name} failed: {done.stderr[-2000:]}")
    found = Measured(**json.loads(done.stdout.strip().splitlines()[-1]))
    if found.answered != calls:
        raise RuntimeError(f"{contestant.name} answered {found.answered} of {calls} calls")
    return found


def _table(names: Sequence[str], levels: Sequence[int], results: Mapping[tuple[str, int], Measured]) -> str:
    bare = names[0]
    lines = ["| at once | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for level in levels:
        cells = []
        for name in names:
            found = results[name, level]
            share = "" if name == bare else f" = {found.rate / results[bare, level].rate:.2f}"
            cells.append(f"{found.rate:.1f}/s{share}, {found.cpu_ms:.2f} ms")
        lines.append(f"| {level} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _verdict(levels: Sequence[int], results: Mapping[tuple[str, int], Measured]) -> int:
    """0 where ours reaches the floor at every level it is stated for."""
    low = [n for n in levels if n >= FLOOR_FROM and results["ours", n].rate < FLOOR * results["bare client", n].rate]
    for level in low:
        print(f"ours is under {FLOOR:.2f} of the bare client at {level}", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
