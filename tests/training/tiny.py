"""A tiny random Llama with a character-level tokenizer and a chat template of SmolLM2's kind."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tutelage.training.contracts import Example

TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}{{ '<s>system\ndefault</s>\n' }}{% endif %}"
    "{{ '<s>' + message['role'] + '\n' + message['content'] + '</s>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)


def save_tiny_student(folder: Path, *, template: str = TEMPLATE) -> Path:
    torch.manual_seed(7)
    letters = ["<unk>", "<s>", "</s>", *string.printable]
    tokenizer = Tokenizer(models.WordLevel({letter: index for index, letter in enumerate(letters)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in letters[:3]])
    return save_llama(
        folder, tokenizer, template, vocab_size=len(letters), hidden_size=32, intermediate_size=64,
        num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip


def save_llama(folder: Path, tokenizer: Tokenizer, template: str, **shape: int | bool) -> Path:
    """A random Llama of two layers and four heads, and its tokenizer: ids 0 to 2 are ``<unk>``, ``<s>``, ``</s>``."""
    # pad == eos, as SmolLM2 has it: nothing may mask labels by the padding's id.
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # untyped in transformers
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>", unk_token="<unk>"
    )
    fast.chat_template = template
    fast.save_pretrained(folder)
    config = LlamaConfig(
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
        **cast(Any, shape),
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def addition_rows(count: int, module: str = "add") -> list[Example]:
    return [
        Example(prompt=f"{index}+1?", completion=f"Answer: {index + 1}", module=module, candidate=f"{module}{index}")
        for index in range(count)
    ]
