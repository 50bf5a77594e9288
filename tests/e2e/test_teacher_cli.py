"""``tutelage teacher`` and ``tutelage cache`` as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.e2e.served import plain, served
from tests.graph.faculty import teacher_file
from tests.teachers.hostile import json_answer, refuses
from tutelage.cli import app

NOBODY = "http://127.0.0.1:9/v1"


def typed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], prog_name="tutelage")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("teacher", "check", "nosuch"), 2, "no teacher 'nosuch'; known:"),
        (("teacher", "check", "http://127.0.0.1:99999/v1"), 2, "not a plain http:// or https:// URL"),
        (("teacher", "check", NOBODY), 4, "start the server or correct base_url"),
        (("teacher", "check", NOBODY, "--api-key-env", "sk-canary-1234567"), 2, "is no name of a variable"),
        (("teacher", "serve", "--port", "99999"), 2, "a port is a number from 0 to 65535); name another --port"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(arguments: tuple[str, ...], code: int, complaint: str) -> None:
    result = typed(*arguments)
    assert result.exit_code == code
    (line,) = result.stderr.splitlines()
    assert line.startswith("tutelage: ")
    assert complaint in line
    assert "canary" not in line


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with served(plain) as server:
        port = server.base_url.split(":")[2].split("/")[0]
        result = typed("teacher", "serve", "--port", port)
    assert (result.exit_code, result.stderr) == (
        2, f"tutelage: port {port}: cannot be served (Address already in use); name another --port\n",
    )  # fmt: skip


def test_a_pools_members_are_all_checked_although_one_does_not_answer(tmp_path: Path) -> None:
    with served(plain) as server:
        teacher_file(tmp_path, "pair", pool=[NOBODY, server.base_url])
        result = typed("teacher", "check", "pair.yaml")
    assert result.exit_code == 4
    assert "127.0.0.1:9: no teacher answers" in result.stdout
    assert f"m at {server.base_url}" in result.stdout
    assert "best concurrency" in result.stdout
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("steering", ["\x1b]0;mine\x07", "\x1b[2J", "\u202e"])
def test_a_servers_words_cannot_steer_the_terminal(steering: str) -> None:
    with served(json_answer({"data": [{"id": f"m{steering}"}, {"id": "n"}]})) as server:
        several = typed("teacher", "check", server.base_url)
    with served(refuses(401, f"go away{steering}")) as server:
        refused = typed("teacher", "check", server.base_url)
    with served(lambda body: plain(body) if body else json_answer({"data": [{"id": f"m{steering}"}]})) as server:
        measured = typed("teacher", "check", server.base_url)
    assert (several.exit_code, refused.exit_code, measured.exit_code) == (4, 4, 0)
    said = "".join(result.stdout + result.stderr for result in (several, refused, measured))
    assert steering[0].encode("unicode_escape").decode() in said
    assert steering[0] not in said


def test_an_empty_cache_is_shown_and_cleared(tmp_path: Path) -> None:
    shown = typed("cache", "stats", "--clear")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[-1] == "removed 0 answers; runs keep their own"
    assert str(tmp_path / "cache") in shown.stdout
