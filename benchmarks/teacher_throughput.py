"""What our teacher client costs beside openai's bare one: requests a second and CPU a request, in one run.

A loopback server answers every request after a fixed time with a fixed number of tokens: after 0.5 s, when everybody
mostly waits (``waiting``), and after 0.02 s, when how fast the client works is all that counts (``working``).
Contestants take turns, each in a process of its own, and the best of the repetitions counts.
``--with distilabel,curator`` also measures these, each in a virtual environment that is made for it beside this file's
folder, in ``.venv-NAME``.
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
class Regime:
    """A server, and how it is asked."""

    latency_s: float
    concurrency: tuple[int, ...]
    fewest_calls: int

    def calls(self, concurrency: int) -> int:
        """Eight for each one in flight, and enough to measure."""
        return max(self.fewest_calls, 8 * concurrency)


REGIMES = {
    "waiting": Regime(latency_s=0.5, concurrency=(1, 16, 64, 256), fewest_calls=8),
    "working": Regime(latency_s=0.02, concurrency=(16, 64), fewest_calls=2048),
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
    """Measure, print a table a regime, and fail where ours is under the floor."""
    settings = _settings()
    contestants = [
        Contestant("bare client", Path(sys.executable), SCRIPTS / "bare.py"),
        Contestant("ours", Path(sys.executable), SCRIPTS / "ours.py"),
        *(_other(name) for name in settings.others),
    ]
    low = False
    for name in settings.regimes:
        regime = REGIMES[name]
        results = _results(contestants, regime, settings)
        print(f"{name}: an answer takes {regime.latency_s:g} s\n")
        print(_table([contestant.name for contestant in contestants], regime, results) + "\n", flush=True)
        low |= _is_low(regime, results)
    return 1 if low else 0


def _results(
    contestants: Sequence[Contestant], regime: Regime, settings: argparse.Namespace
) -> dict[tuple[str, int], Measured]:
    best: dict[tuple[str, int], Measured] = {}
    with tempfile.TemporaryDirectory() as folder, _server(regime.latency_s, settings.tokens) as base_url:
        for concurrency in regime.concurrency:
            for _ in range(settings.repeats):
                for contestant in contestants:
                    found = _measure(contestant, base_url, concurrency, regime.calls(concurrency), folder)
                    key = (contestant.name, concurrency)
                    if key not in best or found.rate > best[key].rate:
                        best[key] = found
    return best


def _settings() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regimes", type=names, default=list(REGIMES))
    parser.add_argument("--tokens", type=int, default=200, help="tokens in every reply")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--with", dest="others", type=names, default=[], metavar="NAMES")
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


def _table(names: Sequence[str], regime: Regime, results: Mapping[tuple[str, int], Measured]) -> str:
    bare = names[0]
    lines = ["| at once | server's ceiling | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for level in regime.concurrency:
        cells = [f"{level / regime.latency_s:.0f}/s"]
        for name in names:
            found = results[name, level]
            share = "" if name == bare else f" = {found.rate / results[bare, level].rate:.2f}"
            cells.append(f"{found.rate:.1f}/s{share}, {found.cpu_ms:.2f} ms")
        lines.append(f"| {level} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _is_low(regime: Regime, results: Mapping[tuple[str, int], Measured]) -> bool:
    """Whether ours is under the floor at a level that it is stated for."""
    stated = [level for level in regime.concurrency if level >= FLOOR_FROM]
    low = [n for n in stated if results["ours", n].rate < FLOOR * results["bare client", n].rate]
    for level in low:
        print(f"ours is under {FLOOR:.2f} of the bare client at {level}", file=sys.stderr)
    return bool(low)


if __name__ == "__main__":
    sys.exit(main())
