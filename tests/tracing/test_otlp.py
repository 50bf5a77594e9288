from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tutelage.errors import ConfigError
from tutelage.tracing.otlp import VARIABLES, check_export, exporter
from tutelage.tracing.reader import span_lines
from tutelage.tracing.spans import open_tracer

TRACE = 0xABCDEF0123456789ABCDEF0123456789


@pytest.fixture(autouse=True)
def no_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector on loopback: its address, and the path and body of what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_nothing_is_exported_unless_a_collector_is_named() -> None:
    check_export()
    assert exporter() is None


@pytest.mark.parametrize("name", VARIABLES)
def test_without_its_package_a_named_collector_is_an_error_that_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=rf"{name}.*pip install 'tutelage\[otlp\]'"):
        check_export()


def test_a_collector_gets_the_tree_that_the_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, collector: tuple[str, list[tuple[str, bytes]]]
) -> None:
    address, sent = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    path = tmp_path / "spans.jsonl"
    with (
        open_tracer(path, TRACE, exporter()) as tracer,
        tracer.span("run", "AGENT"),
        tracer.span("node gate", "CHAIN"),
        tracer.span("teacher tutor", "LLM", {"tutelage.call_id": "c1"}),
    ):
        pass
    assert {where for where, _ in sent} == {"/v1/traces"}
    exported = [
        span
        for _, body in sent
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    tree = {s.name: (s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex() or None) for s in exported}
    ended = [line for line in span_lines(path) if line["event"] == "end"]
    assert tree == {s["name"]: (s["trace_id"], s["span_id"], s["parent_id"]) for s in ended}
    call = next(s for s in exported if s.name == "teacher tutor")
    assert {a.key: a.value.string_value for a in call.attributes}["openinference.span.kind"] == "LLM"
