"""A process that dies after every few answers: all of them are kept, and the decisions are the undisturbed run's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import Ability, Recorder, decisions, install
from tests.kill.facts import expect_whole_files
from tests.kill.small import write_small_run
from tutelage.graph import runs
from tutelage.teachers.contracts import Reply, Request
from tutelage.teachers.replies import ReplyStore

ANSWERS_A_LIFE = 5


class Crash(BaseException):
    """Nothing in the project may catch it, as nothing can catch SIGKILL."""


async def test_decisions_do_not_depend_on_where_a_run_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    config, root = write_small_run(tmp_path / "config", "simulated"), tmp_path / "run"
    settings = ["gate.items_per_look=36", "gate.attempts=2"]
    await runs.start(config, tmp_path / "whole", settings, Recorder())
    answers = len(list((tmp_path / "whole" / "replies").rglob("*.json")))

    keep, kept = ReplyStore.put, 0

    def keep_and_crash(self: ReplyStore, request: Request, reply: Reply) -> None:
        nonlocal kept
        keep(self, request, reply)
        kept += 1
        if kept % ANSWERS_A_LIFE == 0:
            raise Crash

    monkeypatch.setattr(ReplyStore, "put", keep_and_crash)
    lives = 0
    while lives <= answers:
        lives += 1
        try:
            if runs.can_resume(root):
                await runs.resume(root, [], Recorder(), approve=False)
            else:
                await runs.start(config, root, settings, Recorder())
            break
        except BaseException as error:
            if not only_crashes(error):
                raise
    # Answers that were on their way when it died are kept, too: how many is the machine's to say.
    assert lives > answers // (2 * ANSWERS_A_LIFE)
    expect_whole_files(root)
    assert decisions(root) == decisions(tmp_path / "whole")
    assert kept == answers, "an answer was paid for twice"


def only_crashes(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(only_crashes(inner) for inner in error.exceptions)
    return isinstance(error, Crash)


async def test_a_ledger_that_a_kill_left_behind_its_parts_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    config, root = write_small_run(tmp_path / "config", "simulated"), tmp_path / "run"
    await runs.start(config, root, ["limits.rounds=1"], Recorder())
    for name in ("attempts.jsonl", "candidates.jsonl"):
        whole = (root / name).read_text()
        (root / name).write_text("".join(whole.splitlines(keepends=True)[:-3]))
        await runs.resume(root, [], Recorder(), approve=False)
        assert (root / name).read_text() == whole
