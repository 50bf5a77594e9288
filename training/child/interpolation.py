"""Weights between those that a round begins with and those that it ends with."""

from __future__ import annotations

import torch

from tutelage.training.child.taught import Weights


def trained(model: torch.nn.Module) -> Weights:
    """The weights that a round changes: the adapter's, or all of them."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def held(model: torch.nn.Module) -> Weights:
    """A copy of them, in the machine's memory and not the GPU's."""
    return {name: weight.detach().to("cpu", copy=True) for name, weight in trained(model).items()}


@torch.no_grad()
def interpolate(model: torch.nn.Module, began: Weights, share: float) -> None:
    """Move the weights back to ``share`` of their way from where they began (Wortsman et al. 2022, Eq. 1)."""
    for name, weight in trained(model).items():
        start = began[name].to(weight.device)
        weight.copy_(start + share * (weight - start))
