"""A run's trace joined with its ledgers: what ``tutelage trace`` shows. Only reads."""
