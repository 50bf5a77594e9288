"""ROUGE-L for answers in free words, by the package ``rouge-score``, as the published figures are computed."""

from __future__ import annotations

from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from tutelage.pedagogy.records import Grade
from tutelage.training.graders import answer_text, unreadable

# The longest common subsequence takes time by the product of both lengths.
_MOST_CHARACTERS = 8000


class RougeGrader:
    """The response shares a subsequence of words with the reference whose F1 (ROUGE-L, stemmed) is large enough.

    A measure of overlap, not of truth: fit for comparing answers of one kind, and easily fooled.
    """

    lanes = 1

    def __init__(self, least: float) -> None:
        self._least = least
        self._scorer: Any = RougeScorer(["rougeL"], use_stemmer=True)

    def check_reference(self, reference: str) -> None:
        """A reference must have words."""
        if len(reference) > _MOST_CHARACTERS or not any(c.isalnum() for c in reference):
            raise unreadable(reference, f"a text of at most {_MOST_CHARACTERS} characters")

    def score(self, response: str, reference: str) -> float:
        """ROUGE-L F1, in [0, 1]."""
        return float(self._scorer.score(reference, response[:_MOST_CHARACTERS])["rougeL"].fmeasure)

    def grade(self, response: str, reference: str) -> Grade:
        """Compare the score with the least that counts as right."""
        self.check_reference(reference)
        response = answer_text(response)
        if not any(c.isalnum() for c in response):
            return "unparseable"
        return "right" if self.score(response, reference) >= self._least else "wrong"
