"""A full disk: one line, nothing half-written, wherever it happens; a resume finishes once there is room."""

from __future__ import annotations

import gc
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.graph.simulated import Ability, Recorder, install
from tests.kill.facts import expect_whole_files
from tests.kill.ground import Ground
from tests.kill.real import Tutelage
from tests.kill.small import write_small_run
from tutelage.errors import DiskError
from tutelage.graph import runs


class Disk:
    """A file system of a size that can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, kilobytes: int) -> None:
        """Give it this many KiB in all."""
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("no mount command")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4096k", "tmpfs", str(folder)], capture_output=True)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_run_survives_a_disk_that_fills_up_again_and_again(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    # Two attempts at full gates: long enough to be mastered, so that every kind of node and file is written.
    settings = ["gate.items_per_look=36", "gate.attempts=2"]
    config, root = write_small_run(tmp_path / "config", "simulated"), disk.folder / "run"
    whole = await runs.start(config, tmp_path / "whole", settings, Recorder())
    failed: set[str] = set()
    for size in range(100, 4000, 70):
        disk.resize(size)
        name = await one_try(config, root, settings)
        expect_whole_files(root)
        # A traceback keeps the failed try's SQLite cursors alive, and they its lock, which a process's end frees.
        gc.collect()
        if name is None:
            break
        failed.add(name)
    assert {"probes", "checkpoints", "spans"} <= failed
    for ledger in ("decisions", "candidates", "attempts"):
        found, wanted = ((run / f"{ledger}.jsonl").read_text().splitlines() for run in (root, tmp_path / "whole"))
        assert found == wanted
    assert whole.outcome == "mastered"


async def one_try(config: Path, root: Path, settings: list[str]) -> str | None:
    """Run or resume. Returns the stem of the file that could not be written, None once the run is finished."""
    try:
        if runs.can_resume(root):
            await runs.resume(root, [], Recorder(), approve=False)
        else:
            await runs.start(config, root, settings, Recorder())
    except DiskError as error:
        return stem(error)
    except ExceptionGroup as group:
        rest: BaseException = group
        while isinstance(rest, ExceptionGroup):
            rest = rest.exceptions[0]
        assert isinstance(rest, DiskError)
        return stem(rest)
    return None


def stem(error: DiskError) -> str:
    assert error.where is not None
    return Path(error.where).stem


@pytest.mark.long
def test_the_command_line_says_it_in_one_line_and_resumes_once_there_is_room(ground: Ground, disk: Disk) -> None:
    root = disk.folder / "run"
    for number, size in enumerate((100, 600, 1000)):
        disk.resize(size)
        process = start(ground, root, ground.folder / f"full{number}")
        assert process.wait() == DiskError.exit_code, process.out
        process.expect_no_survivor()
        assert len(process.err.splitlines()) == 1, process.err
        assert process.err.startswith(f"tutelage: {root}")
        expect_whole_files(root)
    disk.resize(8000)
    process = start(ground, root, ground.folder / "roomy")
    assert process.wait() == 0, process.err
    ground.expect_same_end(root)


def start(ground: Ground, root: Path, output: Path) -> Tutelage:
    command = ["resume", str(root)] if runs.can_resume(root) else ["run", str(ground.config), "--run-dir", str(root)]
    return Tutelage([*command, "--teacher", ground.teacher.url], root, output)
