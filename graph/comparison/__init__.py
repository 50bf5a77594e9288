"""Strategies compared at equal cost: the same items, student and budget for all, one run an arm and a seed."""
