"""Opt-in export of the spans to a collector (Phoenix, MLflow, Langfuse, ...), over OTLP. Off unless the user asks.

Only what ``spans.jsonl`` holds is sent: prompts and replies stay in the run directory, named by call id.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tutelage.errors import ConfigError

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def exporter() -> SpanProcessor | None:
    """What sends spans to the collector that the environment names; None where it names none.

    Raises:
        ConfigError: see ``check_export``.
    """
    kind = _exporter_class()
    return None if kind is None else BatchSpanProcessor(kind())


def check_export() -> None:
    """See that what the environment asks for can be done, before a run begins.

    Raises:
        ConfigError: a collector is named, and the package that speaks to it is not installed.
    """
    _exporter_class()


def _exporter_class() -> Any:
    variable = next((name for name in VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return None
    try:
        # By name: the package is an extra, and type checkers are run without it.
        return import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter
    except ImportError as error:
        raise ConfigError(
            "spans are to be exported, and the package that does it is not installed",
            where=f"the environment variable {variable}",
            do="pip install 'tutelage[otlp]', or unset the variable",
        ) from error
