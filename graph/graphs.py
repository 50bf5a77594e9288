"""Which graph a run is: the mastery loop, or the shorter one of the strategies that it is compared with."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from tutelage.configs.schema import RunConfig
from tutelage.graph.build import Graph, build
from tutelage.graph.strategies.build import build_strategy
from tutelage.pedagogy.strategies.strategy import StrategyName


def graph_named(strategy: StrategyName, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The graph of a strategy."""
    return build(checkpointer) if strategy == "ioa" else build_strategy(checkpointer)


def graph_of(config: RunConfig, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The graph of a run with this configuration."""
    return graph_named(config.strategy.name, checkpointer)
