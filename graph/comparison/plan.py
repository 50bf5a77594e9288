"""What is to be compared: arms, seeds, budget and configuration, checked before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutelage.configs.arms import overrides_of
from tutelage.configs.load import load_run
from tutelage.configs.schema import Limits, RunConfig
from tutelage.errors import ConfigError
from tutelage.graph.manifest import config_hash

CAPS = ("teacher_tokens", "training_tokens", "teacher_calls", "teacher_dollars", "seconds")
"""What a budget may cap: keys of ``limits``."""
OURS = "ioa"
"""The arm whose parts the ablations leave out, one each."""
ABLATION = f"{OURS}-"
"""How the name of an ablation begins."""


@dataclass(frozen=True)
class Job:
    """One run of a comparison.

    Attributes:
        said: What the arm lays over the configuration.
        overrides: ``key=value`` laid over it in all: the user's, then the arm's, then the comparison's own.
        config: What comes of them.
    """

    arm: str
    seed: int
    root: Path
    said: tuple[str, ...]
    overrides: tuple[str, ...]
    config: RunConfig

    @property
    def name(self) -> str:
        """The name of the run's directory."""
        return self.root.name


@dataclass(frozen=True)
class Plan:
    """A comparison as it was asked for.

    Attributes:
        config_path: The configuration that every run starts from.
        into: The directory of the comparison.
        budget: Caps by key of ``limits``, the same for every run.
        baseline: The arm that every other is compared with.
        settings: The user's ``key=value``, the same for every run.
    """

    config_path: Path
    into: Path
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    budget: dict[str, float]
    baseline: str
    settings: tuple[str, ...] = ()

    def jobs(self) -> list[Job]:
        """Every run, seed by seed, so that a comparison that is broken off has whole seeds.

        Raises:
            ConfigError: an arm is unknown, or what it says cannot be laid over the configuration.
        """
        return [self._job(arm, seed) for seed in self.seeds for arm in self.arms]

    def base(self) -> RunConfig:
        """The configuration that all runs share: without seed and arm.

        Raises:
            ConfigError: it cannot be used.
        """
        return load_run(self.config_path, [*self.settings, *self._common()])

    def sha256(self) -> str:
        """Of that configuration, by which a directory knows its comparison."""
        return config_hash(self.base())

    def _job(self, arm: str, seed: int) -> Job:
        said = overrides_of(arm)
        overrides = (*self.settings, *said, f"seed={seed}", *self._common())
        config = load_run(self.config_path, overrides)
        return Job(arm, seed, self.into / "runs" / f"{arm}-s{seed}", said, overrides, config)

    def _common(self) -> list[str]:
        caps = [f"limits.{key}={value}" for key, value in sorted(self.budget.items())]
        # Nobody is there to approve a plan, and a cap ends a run with what it has.
        return [*caps, "limits.spent=finish", "curriculum.approve=false"]


def make_plan(
    config_path: Path,
    into: Path,
    strategies: str,
    seeds: str,
    budget: str | None,
    baseline: str | None = None,
    settings: Sequence[str] = (),
) -> Plan:
    """A plan out of what was typed.

    Args:
        config_path: A run's configuration.
        into: Where the comparison lives.
        strategies: Arms, separated by commas.
        seeds: How many (``5``: 0 to 4), or which, separated by commas (``3,7``, or ``3,`` for one).
        budget: ``key=value`` separated by commas; None for no cap but those of the configuration.
        baseline: An arm; None: the first.
        settings: ``key=value`` for every run.

    Raises:
        ConfigError: it cannot be read, or something stands twice or is unknown.
    """
    arms = _distinct([name.strip() for name in strategies.split(",") if name.strip()], "--strategies")
    if len(arms) < 2:
        raise ConfigError("a comparison needs two strategies", where="--strategies", do="name them: A,B")
    for arm in arms:
        overrides_of(arm)
    chosen = baseline or arms[0]
    if chosen not in arms:
        raise ConfigError(f"'{chosen}' is not compared", where="--baseline", do=f"name one of {', '.join(arms)}")
    return Plan(config_path, into, arms, read_seeds(seeds), read_budget(budget), chosen, tuple(settings))


def read_seeds(text: str) -> tuple[int, ...]:
    """``5`` is 0 to 4; ``3,7`` is these.

    Raises:
        ConfigError: neither.
    """
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ConfigError(f"'{text}' is no number of seeds", where="--seeds", do="say 5, or 3,7,11") from error
    if "," not in text and numbers:
        numbers = list(range(numbers[0]))
    if not numbers or min(numbers) < 0:
        raise ConfigError(f"'{text}' is no number of seeds", where="--seeds", do="say 5, or 3,7,11")
    return tuple(int(seed) for seed in _distinct([str(number) for number in numbers], "--seeds"))


def read_budget(text: str | None) -> dict[str, float]:
    """``teacher_tokens=200000,training_tokens=50000`` as caps by key.

    Raises:
        ConfigError: an unknown key, a value that is no cap, or a key said twice.
    """
    budget: dict[str, float] = {}
    for part in (text or "").split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if key not in CAPS:
            raise ConfigError(f"no cap '{key}'", where="--budget", do=f"known: {', '.join(CAPS)}")
        if key in budget:
            raise ConfigError(f"'{key}' is said twice", where="--budget")
        budget[key] = _cap(key, value)
    return budget


def _cap(key: str, text: str) -> float:
    try:
        number = float(text.replace("_", ""))
        whole = Limits.model_fields[key].annotation == (int | None)
        if number <= 0 or (whole and number != int(number)):
            raise ValueError
        return int(number) if whole else number
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"'{text}' is no cap", where=f"--budget {key}", do="say a number above zero") from error


def _distinct(values: Iterable[str], where: str) -> tuple[str, ...]:
    found = tuple(values)
    twice = sorted({value for value in found if found.count(value) > 1})
    if twice:
        raise ConfigError(f"'{twice[0]}' is said twice", where=where)
    return found
