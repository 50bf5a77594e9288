"""The reference: a teacher that answers a probe as the student must, alone and in plain words."""

from __future__ import annotations

from tutelage.files import sha256_text
from tutelage.pedagogy.lesson import with_instruction
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Reply, Request


class Reference:
    """Gives P_T its answers, and lessons their independent solutions."""

    def __init__(self, teacher: Teacher, *, instruction: str, max_tokens: int) -> None:
        self._teacher = teacher
        self._instruction = instruction
        self._max_tokens = max_tokens

    async def answer(self, question: str, *, module: str, sample: int = 0) -> Reply:
        """Ask one question. Samples after the first are drawn with some temperature: agreement must mean something."""
        return await self._teacher.ask(
            Request(
                role="reference",
                system="",
                user=with_instruction(question, self._instruction),
                temperature=0.0 if sample == 0 else 0.7,
                max_tokens=self._max_tokens,
                seed=sample or None,
                sample=sample,
                prompt_hash=sha256_text(self._instruction),
                module=module,
            )
        )
