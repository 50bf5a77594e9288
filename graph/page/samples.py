"""Samples of lessons and the misconceptions they answer, by module."""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.graph.page.model import Report
from tutelage.graph.page.parts import NamedMisconception, Sample

_KINDS = ("core", "remedial", "bridging")


@dataclass(frozen=True)
class ModuleLessons:
    """What was taught of one module, in the order core, remedial, bridging."""

    title: str
    accepted: tuple[Sample, ...]
    rejected: tuple[Sample, ...]
    misconceptions: tuple[NamedMisconception, ...]


def lessons_by_module(report: Report) -> tuple[ModuleLessons, ...]:
    """Every module that has a sample or a misconception, in the order of the map, strangers last."""
    mapped = [module.id for module in report.modules]
    named = {sample.module for sample in report.samples} | {found.module for found in report.misconceptions}
    order = [module for module in mapped if module in named] + sorted(named - set(mapped))
    return tuple(_lessons(report, module) for module in order)


def _lessons(report: Report, module: str) -> ModuleLessons:
    samples = sorted((s for s in report.samples if s.module == module), key=_order)
    return ModuleLessons(
        title=report.title(module),
        accepted=tuple(sample for sample in samples if sample.accepted),
        rejected=tuple(sample for sample in samples if not sample.accepted),
        misconceptions=tuple(found for found in report.misconceptions if found.module == module),
    )


def _order(sample: Sample) -> tuple[int, int]:
    return (_KINDS.index(sample.kind) if sample.kind in _KINDS else len(_KINDS), sample.round)
