"""The parts of ``report.json`` on teachers: who they were, what they measured, what they cost."""

from __future__ import annotations

from tutelage.graph.page.part import Part


class TeacherRate(Part):
    """P_T of a module under one reference teacher."""

    endpoint: str = ""
    model: str = ""
    regime: str = ""
    pool: str = ""
    round: int = 0
    rate: float
    low: float | None = None
    high: float | None = None
    n: int = 0


class TeacherUsed(Part):
    """A teacher endpoint or pool and the role it played; ``from_stage`` where a ladder has others before or after."""

    role: str = ""
    endpoint: str = ""
    model: str = ""
    is_language_model: bool = True
    from_stage: int | None = None
    members: tuple[str, ...] = ()


class JudgeAgreement(Part):
    """How often the judge said the same in both orders; ``unjudged`` are answers that lack a judgement."""

    answers: int = 0
    agreed: int = 0
    disagreed: int = 0
    unjudged: int = 0


class Cost(Part):
    """Calls and tokens that were expected, or at most; ``dollars`` is None where a price was not known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float | None = None

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


class RoleEstimate(Part):
    """What was expected of a role."""

    role: str = ""
    endpoint: str = ""
    expected: Cost = Cost()
    most: Cost = Cost()
    how: str = ""


class Estimate(Part):
    """What was expected before the run."""

    roles: tuple[RoleEstimate, ...] = ()
    expected: Cost = Cost()
    most: Cost = Cost()
    notes: tuple[str, ...] = ()


class Usage(Part):
    """Calls and tokens of one role at one endpoint; of one module where it names one."""

    role: str = ""
    module: str | None = None
    endpoint: str = ""
    model: str = ""
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0
    dollars: float | None = None

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens
