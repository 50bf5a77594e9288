"""Whom the server answers, and with what headers."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ui.conftest import ADDITION, serving
from tutelage.errors import InputError, RunDirError
from tutelage.graph.ui.guard import is_ours
from tutelage.graph.ui.server import make_app, open_socket


@pytest.fixture(scope="module")
def port(finished: Path) -> Iterator[int]:
    with serving(finished) as address:
        yield urlsplit(address).port or 0


def ask(port: int, path: str, host: str = "127.0.0.1", method: str = "GET") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={"Host": host})
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    return answer


def test_a_name_that_was_pointed_at_this_machine_is_refused(port: int) -> None:
    strangers = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:8377", "0.0.0.0")
    for host in (*strangers, ""):
        answer = ask(port, "/0/api/news", host)
        assert answer.status == 421, host
        assert b"steps" not in answer.body  # type: ignore[attr-defined]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost"):
        assert ask(port, "/0/api/news", host).status == 200


@pytest.mark.parametrize(("host", "ours"), [("[::1]:80", True), ("localhost:x", False), ("a:1", False), (":80", False)])
def test_a_host_is_ours_by_its_whole_name(host: str, ours: bool) -> None:
    assert is_ours(host) is ours


def test_every_answer_carries_the_policy_and_may_not_be_framed_or_read_by_others(port: int) -> None:
    for path in ("/0/", "/0/api/news", "/0/api/step/99999", "/nowhere"):
        answer = ask(port, path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'sha256-" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_what_is_not_there_is_said_in_a_line(port: int) -> None:
    for path in ("step/99999", "step/zzz", "module/none", "candidate/none", "compare/7"):
        answer = ask(port, f"/0/api/{path}")
        assert answer.status == 404
        assert b"no " in answer.body  # type: ignore[attr-defined]
    assert ask(port, "/0/api/news", method="POST").status == 405


def test_nothing_outside_the_facts_is_served(port: int) -> None:
    for path in ("run.yaml", "api/../run.yaml", "api/candidate/..%2f..%2frun.yaml", "api/step/..%2frun.yaml"):
        assert ask(port, f"/0/{path}").status == 404
    assert ask(port, "/1/").status == 404


def test_it_listens_on_loopback_only() -> None:
    with open_socket(None) as found:
        assert found.getsockname()[0] == "127.0.0.1"
        with pytest.raises(InputError, match="is taken"):
            open_socket(taken(found))


def taken(found: socket.socket) -> int:
    found.listen()
    port: int = found.getsockname()[1]
    return port


def test_what_is_no_run_directory_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(RunDirError, match="not a run directory"):
        make_app([tmp_path])


def test_looking_at_a_run_leaves_it_as_it_was(finished: Path) -> None:
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    with serving(finished) as address:
        port = urlsplit(address).port or 0
        for path in (
            "",
            "api/news",
            "api/report",
            "api/candidates",
            "api/step/1",
            f"api/module/{ADDITION}",
            "api/graph",
        ):
            assert ask(port, f"/0/{path}").status == 200
    assert before == {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
