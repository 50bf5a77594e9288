"""Greedy decoding of one left-padded batch, dropping each row as soon as it has ended.

``model.generate`` keeps computing a finished row until the slowest one ends, and an untaught student often runs to
the token limit; dropping finished rows is where the time is saved. It also applies no repetition penalty that a
model's generation_config may carry: the probe measures the model, not a sampler.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache, PreTrainedModel

from tutelage.training.contracts import Sampling

WORTH_A_PASS = 32
"""Tokens that all prompts of a batch must begin with to be read once for all of them."""


@dataclass
class Decoded:
    """One row's new tokens, and whether an end token followed them or a stop string ends them."""

    tokens: list[int] = field(default_factory=list)
    ended: bool = False


Choose = Callable[[torch.Tensor], torch.Tensor]
"""Logits, (rows, vocabulary), to the next token of each row."""


def likeliest(logits: torch.Tensor) -> torch.Tensor:
    """The likeliest token."""
    return logits.argmax(dim=-1)


def drawn(sampling: Sampling, device: torch.device) -> Choose:
    """Tokens drawn at a temperature, the same for the same seed and questions."""
    chance = torch.Generator(device).manual_seed(sampling.seed)

    def choose(logits: torch.Tensor) -> torch.Tensor:
        shares = torch.softmax(logits.float() / sampling.temperature, dim=-1)
        return torch.multinomial(shares, 1, generator=chance)[:, 0]

    return choose


@torch.inference_mode()
def greedy(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    pad: int,
    ends: Collection[int],
    limit: int,
    stopped: Callable[[Sequence[int]], bool] = lambda tokens: False,
    choose: Choose = likeliest,
) -> list[Decoded]:
    """Continue every prompt until an end token or ``limit`` new tokens.

    Args:
        model: a decoder in eval mode.
        prompts: token ids, one sequence a row, of any lengths.
        pad: token id to fill up with; masked, so any id will do.
        ends: token ids that end a row; they are not part of its tokens.
        limit: most new tokens a row.
        stopped: whether a row's tokens end it, too; asked after each.
        choose: the next tokens by their logits.

    Returns:
        One ``Decoded`` a prompt, in order.
    """
    cache = DynamicCache(config=model.config)
    common = read_prefix(model, prompts, cache)
    tokens, mask = left_pad([prompt[common:] for prompt in prompts], pad, model.device)
    mask = torch.cat([mask.new_ones(len(mask), common), mask], dim=1)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, common:]
    # Listed, not counted: of a slice, torch would copy the whole vocabulary projection once a row of the first pass.
    last = torch.tensor([-1], device=model.device)
    decoded = [Decoded() for _ in prompts]
    open_rows = list(decoded)
    for _ in range(limit):
        logits = model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=last,
        ).logits
        chosen = choose(logits[:, -1])
        going = _record(open_rows, chosen.tolist(), ends, stopped)
        if not going:
            break
        mask, positions = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1), positions[:, -1:] + 1
        if len(going) < len(open_rows):
            rows = torch.tensor(going, device=model.device)
            cache.batch_select_indices(rows)
            mask, positions, chosen = mask[rows], positions[rows], chosen[rows]
            open_rows = [open_rows[row] for row in going]
        tokens = chosen[:, None]
    return decoded


def read_prefix(model: PreTrainedModel, prompts: Sequence[Sequence[int]], cache: DynamicCache) -> int:
    """How many tokens all prompts begin with; they are read once, into every row of the cache.

    That is a long system prompt, or worked examples before the question. A few tokens of template are not worth a pass
    of their own.
    """
    shortest = min(len(prompt) for prompt in prompts)
    first = prompts[0]
    # Each row keeps a token to go on from.
    common = next((n for n in range(shortest - 1) if any(p[n] != first[n] for p in prompts)), shortest - 1)
    if common < WORTH_A_PASS or len(prompts) == 1:
        return 0
    prefix = torch.tensor([list(first[:common])], device=model.device)
    model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
    cache.batch_repeat_interleave(len(prompts))
    return common


def left_pad(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, each (rows, longest); the padding is on the left."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


def _record(
    open_rows: Sequence[Decoded],
    chosen: Sequence[int],
    ends: Collection[int],
    stopped: Callable[[Sequence[int]], bool],
) -> list[int]:
    """Note each row's next token; return the indices of the rows that go on."""
    going = []
    for index, (row, token) in enumerate(zip(open_rows, chosen, strict=True)):
        if token in ends:
            row.ended = True
        else:
            row.tokens.append(token)
            row.ended = stopped(row.tokens)
        if not row.ended:
            going.append(index)
    return going
