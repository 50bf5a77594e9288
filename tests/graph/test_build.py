from __future__ import annotations

import re

from tests.graph.simulated import REPOSITORY
from tutelage.graph.build import build, draw

NODES = {"diagnose", "plan", "approve", "tutor", "assemble", "finetune", "gate", "rollback", "graduate"}


def test_the_graph_has_the_nodes_of_the_method_and_ends_at_graduation_only() -> None:
    graph = build().get_graph()
    assert set(graph.nodes) == NODES | {"__start__", "__end__"}
    assert {edge.source for edge in graph.edges if edge.target == "__end__"} == {"graduate"}
    assert {edge.target for edge in graph.edges if edge.source == "__start__"} == {"diagnose"}


def test_every_node_can_be_reached_and_can_end() -> None:
    edges = {(edge.source, edge.target) for edge in build().get_graph().edges}
    reached, ends = {"__start__"}, {"__end__"}
    for _ in edges:
        reached |= {target for source, target in edges if source in reached}
        ends |= {source for source, target in edges if target in ends}
    assert reached == ends == NODES | {"__start__", "__end__"}


def test_the_drawing_in_the_readme_is_the_graph() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- graph -->\s*```mermaid\n(.*?)```\s*<!-- /graph -->", readme, re.DOTALL)
    assert len(blocks) == 1, (
        "README.md needs one block: <!-- graph -->, a mermaid fence with 'tutelage graph', <!-- /graph -->"
    )
    assert blocks[0].strip() == draw().strip()
