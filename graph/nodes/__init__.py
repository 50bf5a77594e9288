"""The nodes of the graph, a file each. A node is entered again after a crash, and does no work twice."""
