"""``tutelage ui`` as it is typed: it says where, answers, and ends with Ctrl-C as if that were its end."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from typer.testing import CliRunner

from tutelage.cli import app

MAIN = "from tutelage.cli import main; main()"


def test_it_says_where_the_page_is_and_ends_quietly(finished: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAIN, "ui", str(finished)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}0/") as answer:
            assert b'<div id="view"' in answer.read()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")


def test_what_is_no_run_is_refused_in_a_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["ui", str(tmp_path)], prog_name="tutelage")
    assert result.exit_code == 2
    assert "not a run directory" in result.stderr
    assert len(result.stderr.splitlines()) == 1
