"""A Llama as a GGUF file, by the ``gguf`` library: shape, tokenizer and weights as llama.cpp reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import gguf
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

_ARCHITECTURE = gguf.MODEL_ARCH.LLAMA
_STORED = {
    torch.float32: gguf.GGMLQuantizationType.F32,
    torch.float16: gguf.GGMLQuantizationType.F16,
    torch.bfloat16: gguf.GGMLQuantizationType.BF16,
}


def save_gguf(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, split: str, path: Path) -> None:
    """Write the model to ``path``, its weights in the precision that they have.

    Args:
        model: a Llama that ``gguf_split`` found fit, on the CPU.
        tokenizer: its byte-level BPE tokenizer.
        split: llama.cpp's name for the way in which the tokenizer splits text.
        path: the file.
    """
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[_ARCHITECTURE])
    _shape(writer, cast(Any, model.config))
    _tokenizer(writer, tokenizer, split, int(model.config.vocab_size))
    _weights(writer, model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _shape(writer: gguf.GGUFWriter, config: Any) -> None:
    heads = int(config.num_attention_heads)
    width = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(width)
    writer.add_vocab_size(config.vocab_size)


def _tokenizer(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerBase, split: str, size: int) -> None:
    """The vocabulary in the order of its ids; ids that the model has and the tokenizer lacks are filled up."""
    backend = json.loads(cast(Any, tokenizer).backend_tokenizer.to_str())
    tokens = [f"[PAD{number}]" for number in range(size)]
    kinds = [gguf.TokenType.UNUSED] * size
    for token, number in backend["model"]["vocab"].items():
        tokens[number], kinds[number] = token, gguf.TokenType.NORMAL
    for added in backend["added_tokens"]:
        tokens[added["id"]] = added["content"]
        kinds[added["id"]] = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(split)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in backend["model"]["merges"]])
    for add, number in (
        (writer.add_bos_token_id, tokenizer.bos_token_id),
        (writer.add_eos_token_id, tokenizer.eos_token_id),
        (writer.add_pad_token_id, tokenizer.pad_token_id),
        (writer.add_unk_token_id, tokenizer.unk_token_id),
    ):
        if isinstance(number, int):
            add(number)
    # The chat template writes every special token that belongs there.
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(cast(str, tokenizer.chat_template))


def _weights(writer: gguf.GGUFWriter, model: PreTrainedModel) -> None:
    config = cast(Any, model.config)
    names = gguf.get_tensor_name_map(_ARCHITECTURE, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, weight in model.named_parameters():  # tied weights come once, which is how llama.cpp knows them as tied
        written = names.get_name(name, try_suffixes=(".weight",))
        if written is None:
            raise KeyError(name)
        values = weight.detach().float().numpy()
        layer = name.split(".")[-2]
        if layer in heads:
            values = _interleaved(values, heads[layer])
        kind = _STORED[weight.dtype] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(written, gguf.quants.quantize(values, kind), raw_dtype=kind)


def _interleaved(values: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows of each head from halves to pairs: llama.cpp rotates neighbours, transformers rotates halves."""
    rows, columns = values.shape
    pairs = values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2)
    return np.ascontiguousarray(pairs.reshape(rows, columns))
