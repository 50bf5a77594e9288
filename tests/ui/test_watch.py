"""The server reads a run again when it has grown, sends what changed, and rests in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.graph.ui.watch import Watch


def test_only_what_changed_is_sent_again(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.graph.ui.pace.REST", 0)
    lines = (finished / "spans.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "run.yaml").write_bytes((finished / "run.yaml").read_bytes())
    spans = tmp_path / "spans.jsonl"
    spans.write_bytes(b"".join(lines[:40]))
    watch = Watch(tmp_path)
    first = watch.news(0)
    assert watch.news(first["version"])["steps"] == []
    spans.write_bytes(b"".join(lines[:42]))
    then = watch.news(first["version"])
    assert 0 < len(then["steps"]) < len(first["steps"])
    spans.write_bytes(b"".join(lines))
    assert len(watch.news(0)["steps"]) == sum(b'"event": "start"' in line for line in lines)
    assert watch.news(10**6)["steps"] == watch.news(0)["steps"]


def test_reading_is_rare_where_it_is_slow(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.graph.ui.pace.REST", 10**6)
    for name in ("run.yaml", "spans.jsonl"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    watch = Watch(tmp_path)
    version = watch.news(0)["version"]
    with (tmp_path / "spans.jsonl").open("ab") as file:
        file.write((finished / "spans.jsonl").read_bytes().splitlines(keepends=True)[0])
    assert watch.news(0)["version"] == version
