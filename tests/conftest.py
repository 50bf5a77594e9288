"""What holds for every test."""

from hypothesis import settings

# A busy machine is no reason to fail: timings belong in benchmarks/.
settings.register_profile("tutelage", deadline=None)
settings.load_profile("tutelage")
