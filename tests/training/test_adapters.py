from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutelage.errors import StudentError
from tutelage.training.adapters import adapter_sha256, current, publish_current


def adapter(folder: Path, *, weights: bytes = b"w", **config: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 8, "target_modules": ["a", "b"], **config}))
    return folder


def test_the_hash_is_of_weights_and_shape_not_of_paths_or_order(tmp_path: Path) -> None:
    first = adapter_sha256(adapter(tmp_path / "1", base_model_name_or_path="/here"))
    assert first == adapter_sha256(adapter(tmp_path / "2", target_modules=["b", "a"], peft_version="9"))
    assert first != adapter_sha256(adapter(tmp_path / "3", weights=b"v"))
    assert first != adapter_sha256(adapter(tmp_path / "4", r=16))


def test_current_follows_what_was_published_last(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    adapter(tmp_path / "round-1")
    adapter(tmp_path / "round-2")
    publish_current(tmp_path, "round-1")
    assert current(tmp_path) == (tmp_path / "round-1").resolve()
    (tmp_path / ".current.tmp").symlink_to("round-1")  # a kill left it
    publish_current(tmp_path, "round-2")
    assert current(tmp_path) == (tmp_path / "round-2").resolve()
    assert (tmp_path / "current").readlink() == Path("round-2")


def test_an_incomplete_adapter_is_not_published(tmp_path: Path) -> None:
    adapter(tmp_path / "good")
    publish_current(tmp_path, "good")
    (tmp_path / "bad").mkdir()
    with pytest.raises(StudentError, match=r"no adapter_config.json and no adapter_model.safetensors"):
        publish_current(tmp_path, "bad")
    assert current(tmp_path) == (tmp_path / "good").resolve()
