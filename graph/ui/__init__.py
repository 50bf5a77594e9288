"""The run page: what it is told of a run, the server of ``tutelage ui``, and the record that a report carries."""
