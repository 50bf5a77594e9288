from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from tests.handoff.probes import by_transformers, prompts
from tests.training.tiny import save_tiny_student
from tutelage.errors import StudentError
from tutelage.training.adapters import adapter_sha256
from tutelage.training.gguf_shape import gguf_split
from tutelage.training.handoff import copy_adapter, write_merged

LIMIT = 6


def test_a_hundred_answers_are_the_same_with_the_adapter_beside_the_model_and_merged_into_it(
    byte_student: Path, byte_adapter: Path, byte_merged: Path, tmp_path: Path
) -> None:
    asked = prompts(byte_student)
    copy_adapter(byte_adapter, "org/base", tmp_path / "adapter")
    beside = by_transformers(byte_student, asked, LIMIT, tmp_path / "adapter")
    assert len(asked) == 100
    assert by_transformers(byte_merged, asked, LIMIT) == beside
    assert by_transformers(byte_student, asked, LIMIT) != beside
    assert (byte_merged / "tokenizer.json").read_bytes() == (byte_student / "tokenizer.json").read_bytes()
    assert prompts(byte_merged) == asked


def test_an_adapter_keeps_its_identity_and_names_its_base_as_others_know_it(byte_adapter: Path, tmp_path: Path) -> None:
    copy_adapter(byte_adapter, "org/base", tmp_path / "out")
    assert adapter_sha256(tmp_path / "out") == adapter_sha256(byte_adapter)
    assert json.loads((tmp_path / "out" / "adapter_config.json").read_text())["base_model_name_or_path"] == "org/base"


def test_a_gguf_file_holds_the_merged_weights_and_every_token(byte_merged: Path) -> None:
    reader = gguf.GGUFReader(byte_merged / "model.gguf")
    written = {tensor.name: np.asarray(tensor.data) for tensor in reader.tensors}
    merged = load_file(byte_merged / "model.safetensors")
    assert len(written) == len(merged)
    for ours, theirs in (
        ("blk.1.ffn_up.weight", "model.layers.1.mlp.up_proj.weight"),
        ("blk.0.attn_v.weight", "model.layers.0.self_attn.v_proj.weight"),
        ("output.weight", "lm_head.weight"),
    ):
        assert np.array_equal(written[ours], merged[theirs].numpy())
    # Of each head, the row r of the first half stands at 2r and that of the second half at 2r + 1.
    keys = merged["model.layers.1.self_attn.k_proj.weight"].numpy().reshape(2, 2, 8, 64)
    assert np.array_equal(written["blk.1.attn_k.weight"].reshape(2, 8, 2, 64), keys.swapaxes(1, 2))
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    assert tokens[:3] == ["<unk>", "<s>", "</s>"]
    assert len(tokens) == 320
    assert tokens[-1].startswith("[PAD")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "qwen2"}, "its architecture is 'qwen2', not 'llama'"),
        ({"attention_bias": True}, "biases"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e5}}, "scaled .'llama3'"),
    ],
)
def test_a_student_that_gguf_cannot_hold_here_is_refused_before_it_is_loaded(
    change: dict[str, object], said: str, byte_student: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(byte_student, tmp_path / "student"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(StudentError, match=said) as caught:
        gguf_split(folder)
    assert "--merged" in caught.value.line


def test_a_tokenizer_that_gguf_cannot_hold_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="not a plain byte-level BPE"):
        gguf_split(save_tiny_student(tmp_path / "letters"))


async def test_an_adapter_that_is_not_a_number_is_not_merged(
    byte_student: Path, byte_adapter: Path, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(byte_adapter, tmp_path / "broken"))
    weights = load_file(broken / "adapter_model.safetensors")
    weights[sorted(weights)[0]][0, 0] = float("nan")
    save_file(weights, broken / "adapter_model.safetensors")
    with pytest.raises(StudentError, match="NaN or infinity"):
        await write_merged(byte_student, broken, tmp_path / "merged", tmp_path / "log")
