"""A tiny random Llama with a byte-level BPE tokenizer of SmolLM2's kind, and an adapter that changes its answers."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM

from tests.training.tiny import TEMPLATE, save_llama

SPECIAL = ("<unk>", "<s>", "</s>")


def save_byte_student(folder: Path) -> Path:
    """Like ``save_tiny_student``, with what GGUF can hold: more key-value heads than one, an untied head."""
    torch.manual_seed(11)
    tokenizer = Tokenizer(models.BPE())
    split = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(split)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[AddedToken(name, special=True) for name in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(["the answer to the question is that", "system user assistant default"] * 9, trainer)
    return save_llama(
        folder, tokenizer, TEMPLATE,
        vocab_size=320,  # more than the tokenizer has, as padded models do
        hidden_size=64, intermediate_size=96, num_key_value_heads=2, tie_word_embeddings=False,
    )  # fmt: skip


def save_adapter(base: Path, folder: Path, *, weight: float = 0.3) -> Path:
    """An adapter on the upper layer of ``base`` with random weights: a new one would change nothing."""
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(
        r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj", "up_proj", "down_proj"],
        layers_to_transform=[1], task_type="CAUSAL_LM",
    )  # fmt: skip
    adapted = get_peft_model(model, config)
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if "lora_B" in name:
                value.normal_(std=weight)
    adapted.save_pretrained(str(folder), save_embedding_layers=False)
    return folder
