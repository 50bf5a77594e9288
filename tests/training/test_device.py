"""The student and its neighbours take turns on a device: a double of vLLM sleeps, a plain server is stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import ValidationError

from tests.handoff.tiny_bytes import save_adapter
from tests.training.vllm_double import VllmDouble, vllm_double
from tutelage.errors import ConfigError, NeighbourError
from tutelage.training.device import SharedDevice
from tutelage.training.placement import Neighbour, Placement

PLAIN = Path(__file__).with_name("plain_server.py")


def asleep(double: VllmDouble) -> Placement:
    return Placement(policy="sleep", servers=(Neighbour(url=double.url),))


@pytest.fixture(scope="module")
def adapter(tiny_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(tiny_student, tmp_path_factory.mktemp("adapters") / "round-001", weight=0.5)


@pytest.fixture
def double(request: pytest.FixtureRequest, tiny_student: Path, adapter: Path) -> Iterator[VllmDouble]:
    with vllm_double(tiny_student, **getattr(request, "param", {})) as double:
        double.adapters["lessons"] = str(adapter)
        yield double


async def test_a_server_sleeps_while_the_student_has_its_turn_and_comes_back_as_it_was(double: VllmDouble) -> None:
    async with SharedDevice.open(asleep(double)) as device:
        async with device.student_turn() as returns:
            assert double.asleep
        assert not double.asleep
    assert len(returns) == 1
    assert "(base, lessons: off by at most 0.0000 nats a token)" in returns[0]


@pytest.mark.parametrize(
    ("double", "why"),
    [
        ({"forgets": "adapters"}, "came back without the adapter lessons"),
        ({"forgets": "names"}, "lessons did not come back with it"),
        ({"forgets": "itself"}, "base answers otherwise than before"),
    ],
    indirect=["double"],
)
async def test_a_server_that_wakes_as_another_ends_the_run(double: VllmDouble, why: str) -> None:
    async with SharedDevice.open(asleep(double)) as device:
        with pytest.raises(NeighbourError, match=why):
            async with device.student_turn():
                pass


async def test_a_failed_training_leaves_the_server_awake(double: VllmDouble) -> None:
    with pytest.raises(ZeroDivisionError):
        async with SharedDevice.open(asleep(double)) as device, device.student_turn():
            raise ZeroDivisionError
    assert not double.asleep


async def test_a_server_that_a_killed_run_left_asleep_is_woken(double: VllmDouble) -> None:
    double.asleep = True
    async with SharedDevice.open(asleep(double)):
        assert not double.asleep


@pytest.mark.parametrize("double", [{"sleeps": False}], indirect=True)
async def test_a_server_that_cannot_sleep_is_bad_input_and_says_how_to_start_it(double: VllmDouble) -> None:
    with pytest.raises(ConfigError, match="VLLM_SERVER_DEV_MODE=1") as caught:
        async with SharedDevice.open(asleep(double)):
            pass
    assert caught.value.exit_code == 2


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def started(folder: Path, *more: str, start_s: float = 60) -> Placement:
    port = free_port()
    (folder / "helpers").mkdir()
    command = " ".join([sys.executable, str(PLAIN), str(port), str(folder / "helpers"), *more])
    server = Neighbour(url=f"http://127.0.0.1:{port}/v1", command=command)
    return Placement(policy="stop_start", servers=(server,), start_s=start_s)


def answers(placement: Placement) -> bool:
    try:
        return httpx2.get(placement.servers[0].url + "/models", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def alive(folder: Path) -> int:
    """How many of the helpers that were started are still there."""
    running = 0
    for path in (folder / "helpers").iterdir():
        try:
            state = Path(f"/proc/{path.name}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            continue
        running += state != "Z"
    return running


async def test_a_server_of_ours_is_gone_with_all_it_started_while_the_student_has_its_turn(tmp_path: Path) -> None:
    placement = started(tmp_path)
    async with SharedDevice.open(placement, tmp_path) as device:
        assert answers(placement)
        async with device.student_turn() as returns:
            assert not answers(placement)
            assert alive(tmp_path) == 0
        assert answers(placement)
        assert alive(tmp_path) == 1
    assert not answers(placement)
    assert alive(tmp_path) == 0
    assert "teacher: off by at most 0.0000" in returns[0]


async def test_a_server_of_ours_that_starts_as_another_ends_the_run(tmp_path: Path) -> None:
    async with SharedDevice.open(started(tmp_path, "drifts"), tmp_path) as device:
        with pytest.raises(NeighbourError, match="teacher answers otherwise than before"):
            async with device.student_turn():
                pass


async def test_a_server_that_does_not_start_is_bad_input_with_its_last_words(tmp_path: Path) -> None:
    placement = started(tmp_path)
    broken = Neighbour(url=placement.servers[0].url, command=f"{sys.executable} -c 'raise SystemExit(\"no GPU here\")'")
    with pytest.raises(ConfigError, match=r"ended: no GPU here; see .*127\.0\.0\.1-\d+\.log"):
        async with SharedDevice.open(placement.model_copy(update={"servers": (broken,)}), tmp_path):
            pass
    slow = Neighbour(url=placement.servers[0].url, command="sleep 60")
    with pytest.raises(ConfigError, match="did not answer within 1 s"):
        async with SharedDevice.open(placement.model_copy(update={"servers": (slow,), "start_s": 1.0}), tmp_path):
            pass


async def test_what_answers_already_is_not_ours_to_start(double: VllmDouble, tmp_path: Path) -> None:
    ours = Placement(policy="stop_start", servers=(Neighbour(url=double.url, command="vllm serve"),))
    with pytest.raises(ConfigError, match="something answers there already"):
        async with SharedDevice.open(ours, tmp_path):
            pass


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tutelage.training.device import SharedDevice
from tutelage.training.placement import Placement

async def main():
    async with SharedDevice.open(Placement.model_validate_json(sys.argv[1]), Path(sys.argv[2])):
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_killed_run_leaves_no_server_of_ours(tmp_path: Path) -> None:
    placement = started(tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED, placement.model_dump_json(), str(tmp_path)], check=False)
    assert done.returncode == -9
    assert os.listdir(tmp_path / "helpers"), "it had started"  # noqa: PTH208
    until = time.monotonic() + 40
    while (alive(tmp_path) or answers(placement)) and time.monotonic() < until:
        time.sleep(0.1)
    assert alive(tmp_path) == 0


async def test_with_no_neighbour_there_is_nothing_to_share() -> None:
    async with SharedDevice.open(Placement()) as device, device.student_turn() as returns:
        pass
    assert returns == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": "sleep"},
        {"policy": "separate", "servers": [{"url": "http://a/v1"}]},
        {"policy": "stop_start", "servers": [{"url": "http://a/v1"}]},
        {"policy": "sleep", "servers": [{"url": "http://a/v1", "command": "vllm serve m"}]},
        {"policy": "sleep", "servers": [{"url": "http://me:secret@a/v1"}]},
    ],
)
def test_a_policy_and_its_servers_must_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Placement.model_validate(wrong)
