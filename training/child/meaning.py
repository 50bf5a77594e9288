"""Texts as directions: what means nearly the same points nearly the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer

from tutelage.errors import ConfigError
from tutelage.pedagogy.contamination import numbers
from tutelage.training.child.loading import pick_device
from tutelage.training.protocol import Compare, Compared, Nearest

_BATCH, _LONGEST = 32, 256


def compare(request: Compare) -> Compared:
    """The nearest of ``among`` for each text, of those that name the same numbers.

    Raises:
        ConfigError: there is no embedding model in that folder.
    """
    pick_device("cpu", request.threads)
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(request.model, local_files_only=True)
        model: Any = AutoModel.from_pretrained(request.model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no embedding model can be loaded ({error})", where=request.model) from error
    named = [numbers(text) for text in request.among]
    like = [[i for i, other in enumerate(named) if other == numbers(text)] for text in request.texts]
    # Only what can be compared is embedded: of a pool of one template that is a small part.
    wanted = sorted({i for found in like for i in found})
    place = {i: row for row, i in enumerate(wanted)}
    others = _directions(model, tokenizer, [request.among[i] for i in wanted])
    texts = _directions(model, tokenizer, request.texts)
    return Compared(nearest=tuple(_nearest(texts[n], others, found, place) for n, found in enumerate(like)))


def _nearest(text: torch.Tensor, others: torch.Tensor, like: Sequence[int], place: dict[int, int]) -> Nearest | None:
    if not like:
        return None
    cosines = others[[place[i] for i in like]] @ text
    best = int(cosines.argmax())
    return Nearest(index=like[best], cosine=float(cosines[best]))


@torch.inference_mode()
def _directions(model: Any, tokenizer: Any, texts: Sequence[str]) -> torch.Tensor:
    """A unit vector a text: the mean over its tokens, as sentence-transformers' models are trained to be read."""
    model.train(False)
    found = [torch.zeros(0, model.config.hidden_size)]
    for at in range(0, len(texts), _BATCH):
        batch = tokenizer(
            list(texts[at : at + _BATCH]), padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt"
        )
        mask = batch["attention_mask"][..., None]
        mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        found.append(torch.nn.functional.normalize(mean, dim=1))
    return torch.cat(found)
