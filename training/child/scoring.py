"""What the trainer's own engine makes of the fixed text: the log-probabilities that a server must agree with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from tutelage.training.adapters import holds_whole_model
from tutelage.training.child.chat import token_ids, whole_text
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.child.words import end_tokens
from tutelage.training.fidelity import ANSWER, QUESTION, Fingerprint
from tutelage.training.protocol import Known, Score


def score(request: Score) -> Known:
    """The fingerprint of a student, and the tokens that end its answers."""
    settings = request.settings
    device = pick_device(settings.device, settings.threads)
    tokenizer = load_tokenizer(request.model)
    tokens = token_ids(tokenizer, whole_text(tokenizer, QUESTION, ANSWER, settings.system_prompt))
    model: Any = load_model(request.model, device, pick_precision(settings.precision, device))
    ends = end_tokens(model.generation_config, tokenizer)
    untaught = taught = log_probabilities(model, tokens)
    if request.adapter is not None:
        if holds_whole_model(Path(request.adapter)):
            del model  # two whole models need not fit
            model = load_model(request.adapter, device, pick_precision(settings.precision, device))
        else:
            model = PeftModel.from_pretrained(model, request.adapter)
        taught = log_probabilities(model, tokens)
    fingerprint = Fingerprint(tokens=tuple(tokens), untaught=tuple(untaught), taught=tuple(taught))
    return Known(fingerprint=fingerprint, ends=tuple(sorted(ends)))


@torch.inference_mode()
def log_probabilities(model: Any, tokens: Sequence[int]) -> list[float]:
    """The log-probability of each token but the first, given those before it."""
    model.train(False)
    ids = torch.tensor([list(tokens)], device=model.device)
    scores = model(input_ids=ids, use_cache=False).logits[0, :-1].float().log_softmax(dim=-1)
    found: list[float] = scores.gather(1, ids[0, 1:, None])[:, 0].tolist()
    return found
