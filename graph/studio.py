"""The compiled graph for LangGraph's own tools (``langgraph.json``): to look at; runs go through ``tutelage run``."""

from tutelage.graph.build import build

graph = build()
