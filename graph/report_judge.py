"""The report's part on the judge: how often its two orders said the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tutelage.graph.records import JudgementRecord

Json = dict[str, Any]


def judge_facts(judgements: Iterable[JudgementRecord]) -> Json | None:
    """Answers on which both orders agreed, on which they did not, and on which one gave no judgement.

    None where the judge was asked of no answer. An empty answer is wrong without being asked of, so it is no agreement.
    """
    agreed = Counter(judgement.agreed for judgement in judgements if judgement.calls)
    if not agreed:
        return None
    both = agreed[True] + agreed[False]
    return {
        "answers": agreed.total(),
        "agreed": agreed[True],
        "disagreed": agreed[False],
        "unjudged": agreed[None],
        "agreement": round(agreed[True] / both, 4) if both else None,
    }
