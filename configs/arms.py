"""The arms of a comparison by name: the strategies, and our own method with one part left out. All are settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from tutelage.errors import ConfigError
from tutelage.pedagogy.strategies.strategy import StrategyName

_LLM2LLM = ("training.start_from=base",)  # trains anew from the untaught student in every step
_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "no_diagnosis": ("diagnosis.informs=false",),
    "no_order": ("curriculum.ordered=false",),
    "no_zpd": ("curriculum.zpd_rule=none",),
    "no_gate": ("gate.decides=false",),
    "no_pacing": ("curriculum.pacing=null",),
    "no_retention": ("curriculum.retention=0",),
    "no_adaptation": ("tutor.adapt=false",),
    "no_solved_probes": ("tutor.solved_probes=0",),
    "no_remediation": ("tutor.remediate=false",),
    "no_replay": ("tutor.replay_share=0", "tutor.rehearse=false", "tutor.keep_share=0"),
}

ARMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{
            name: (f"strategy.name={name}", *(_LLM2LLM if name == "llm2llm" else ())) for name in get_args(StrategyName)
        },
        **{f"ioa-{name}": ("strategy.name=ioa", *settings) for name, settings in _WITHOUT.items()},
    }
)
"""Arm to the ``--set`` settings that make it."""


def overrides_of(arm: str) -> tuple[str, ...]:
    """The settings of an arm.

    Raises:
        ConfigError: there is no such arm.
    """
    if arm not in ARMS:
        raise ConfigError(f"no strategy '{arm}'", where="--strategies", do=f"choose among {', '.join(sorted(ARMS))}")
    return ARMS[arm]
