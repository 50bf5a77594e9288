from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tutelage.errors import DiskError, InputError
from tutelage.files import (
    canonical_json,
    jsonl,
    read_json_lines,
    read_rows,
    sha256_file,
    sha256_text,
    write_bytes,
    write_json,
    write_jsonl,
    write_text,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Row(BaseModel):
    name: str
    n: int = 0


def test_a_file_is_written_whole_with_the_folders_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if step == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
        with pytest.raises(DiskError, match=r"file\.txt: cannot write \(No space left on device\)"):
            write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_a_stop_in_the_middle_of_a_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "file.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "")
    with pytest.raises(DiskError):
        write_text(tmp_path / "file" / "below", "x")


@given(plain)
def test_canonical_json_is_one_text_for_one_value(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text
    assert "\n" not in text


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": "ö"}) == canonical_json({"a": "ö", "b": 1}) == '{"a":"ö","b":1}'


@given(plain)
def test_written_json_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert json.loads(path.read_bytes()) == value


def test_hashes_are_of_the_bytes(tmp_path: Path) -> None:
    expected = hashlib.sha256("wörter".encode()).hexdigest()
    write_text(tmp_path / "f", "wörter")
    assert sha256_text("wörter") == sha256_file(tmp_path / "f") == expected


@given(st.lists(st.builds(Row, name=st.text(st.characters(exclude_categories=["Cs"])), n=st.integers())))
def test_rows_are_read_back_whatever_their_text_holds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    assert write_jsonl(path, rows) == sha256_file(path) == sha256_text(jsonl(rows))
    assert read_rows(path, Row) == rows
    assert [number for number, _ in read_json_lines(path)] == list(range(1, len(rows) + 1))


def test_an_absent_file_has_no_rows_but_cannot_be_read_as_input(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "none.jsonl", Row) == []
    with pytest.raises(InputError, match="cannot read"):
        list(read_json_lines(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"a": ', "not JSON"),
        (b'["a"]', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": "\xff"}', "byte 0xff at column 8 is not UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, what: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(b'{"a": 1}\n\n' + line + b"\n")
    with pytest.raises(InputError, match=what) as caught:
        list(read_json_lines(path))
    assert caught.value.where == f"{path}:3"


def test_lines_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes('{"a": "\u2028"}\r\n{"a": 2}'.encode())
    assert list(read_json_lines(path)) == [(1, {"a": "\u2028"}), (2, {"a": 2})]
