"""The state machine: nodes, routing, the run directory, and what a run shows."""
