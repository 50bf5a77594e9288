"""Work that a teacher will be asked for, as an estimate counts it."""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.configs.schema import TeacherRole, TeachersConfig

TUTOR, AN_ANSWER = 3000, 200
"""Characters of the Tutor's own prompt, and of an answer that is quoted in one."""

AN_ANSWER_TOKENS, A_LESSON_TOKENS, MISCONCEPTIONS_TOKENS = 60, 200, 150
"""Tokens of a typical answer, of a typical lesson, and of wrong answers explained."""


@dataclass(frozen=True)
class Work:
    """Calls of one kind: how many, how many characters a prompt and tokens a reply have, and why."""

    role: TeacherRole
    calls: int
    most_calls: int
    characters: float
    reply: int
    longest: int
    how: str
    repairable: bool = True


def answering(limits: TeachersConfig, calls: int, most_calls: int, characters: float, how: str) -> Work:
    """Questions that the reference teacher answers: probes, and lessons solved independently."""
    return Work(
        "reference", calls, most_calls, characters, min(AN_ANSWER_TOKENS, limits.answer_tokens), limits.answer_tokens,
        how, repairable=False,
    )  # fmt: skip
