"""The strategies that ours is compared with, by name. ``ioa`` itself is the mastery loop and needs no entry."""

from collections.abc import Mapping
from types import MappingProxyType

from tutelage.pedagogy.strategies.cot import COT
from tutelage.pedagogy.strategies.counterfactual import COUNTERFACTUAL
from tutelage.pedagogy.strategies.critique_revise import CRITIQUE_REVISE
from tutelage.pedagogy.strategies.evol_instruct import EVOL_INSTRUCT
from tutelage.pedagogy.strategies.lion import LION
from tutelage.pedagogy.strategies.llm2llm import LLM2LLM
from tutelage.pedagogy.strategies.persd import PERSD
from tutelage.pedagogy.strategies.prompt_distill import PROMPT_DISTILL
from tutelage.pedagogy.strategies.rejection_self import REJECTION_SELF
from tutelage.pedagogy.strategies.self_instruct import SELF_INSTRUCT
from tutelage.pedagogy.strategies.sft import SFT
from tutelage.pedagogy.strategies.strategy import Strategy, StrategyName
from tutelage.pedagogy.strategies.teacher_ladder import TEACHER_LADDER

STRATEGIES: Mapping[StrategyName, Strategy] = MappingProxyType(
    {
        one.name: one
        for one in (
            SFT, SELF_INSTRUCT, EVOL_INSTRUCT, LLM2LLM, LION, PERSD, COT, CRITIQUE_REVISE, COUNTERFACTUAL,
            PROMPT_DISTILL, TEACHER_LADDER, REJECTION_SELF,
        )
    }
)  # fmt: skip
