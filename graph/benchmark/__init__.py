"""A run's student on benchmarks from outside: untaught, taught, and beside its teacher."""
