from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.errors import DiskError
from tutelage.training.folders import whole_folder


def test_the_folder_appears_whole_with_readable_files(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        (folder / "a").chmod(0o600)
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "a").read_text() == "1"
    assert (tmp_path / "out" / "a").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_old_folder_and_no_temporary(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_old_folder_and_what_a_kill_left_are_replaced(tmp_path: Path) -> None:
    for name in ("out", ".out.tmp", ".out.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stale").write_text("x")
    with whole_folder(tmp_path / "out") as folder:
        assert list(folder.iterdir()) == []
        (folder / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def test_a_folder_that_cannot_be_written_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskError, match="file/out"), whole_folder(tmp_path / "file" / "out"):
        pass
