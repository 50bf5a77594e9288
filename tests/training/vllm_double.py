"""A loopback server that plays vLLM with the tiny student, honestly or not: what Tutelage asks of it, and no more."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from tutelage.training.child.greedy import greedy
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.child.scoring import log_probabilities
from tutelage.training.child.words import Words
from tutelage.training.contracts import AnswerSettings


@dataclass
class VllmDouble:
    """What is served, what was asked, and what is wrong with it.

    Attributes:
        loses_adapters: Says that an adapter is loaded, and answers as the base.
        dies_after: How many answers it gives before it drops every connection.
        takes_adapters: Whether ``/load_lora_adapter`` is there.
        says_tokens: Whether answers come with their tokens.
        off: Added to every log-probability.
        sleeps: Whether it has the endpoints to sleep by.
        forgets: Wakes without ``adapters``, which answer as the base, without their ``names``, or without ``itself``.
    """

    student: Path
    loses_adapters: bool = False
    dies_after: int | None = None
    takes_adapters: bool = True
    says_tokens: bool = True
    off: float = 0.0
    sleeps: bool = True
    forgets: str = ""
    asleep: bool = False
    url: str = ""
    answered: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    adapters: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _models: dict[str, Any] = field(default_factory=dict)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, object]:
        with self._lock:
            return self._answer(path, body)

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, object]:
        self.bodies.append(body)
        match path:
            case "/v1/models":
                loras = [{"id": name, "parent": "base"} for name in self.adapters]
                return 200, {"object": "list", "data": [{"id": "base", "parent": None}, *loras]}
            case "/v1/load_lora_adapter" if self.takes_adapters:
                self.adapters[body["lora_name"]] = body["lora_path"]
                return 200, f"Success: LoRA adapter '{body['lora_name']}' added successfully."
            case "/v1/unload_lora_adapter" if self.takes_adapters:
                del self.adapters[body["lora_name"]]
                return 200, "Success"
            case "/v1/completions":
                return self._complete(body)
            case "/is_sleeping" if self.sleeps:
                return 200, {"is_sleeping": self.asleep}
            case "/sleep?level=1" if self.sleeps:
                self.asleep = True
                return 200, ""
            case "/wake_up" if self.sleeps:
                self._wake()
                return 200, ""
        return 404, {"detail": "Not Found"}

    def _wake(self) -> None:
        self.asleep = False
        self.loses_adapters = self.forgets == "adapters"
        if self.forgets == "names":
            self.adapters.clear()
        if self.forgets == "itself":
            self.off = 0.2

    def _complete(self, body: dict[str, Any]) -> tuple[int, object]:
        tokens, limit = body["prompt"], body["max_tokens"]
        if isinstance(tokens, str):
            tokens = load_tokenizer(str(self.student))(tokens)["input_ids"]
        if len(tokens) + limit > 512:
            return 400, {"error": {"message": "This model's maximum context length is 512 tokens."}}
        model = self._model(body["model"])
        choice: dict[str, Any] = {"index": 0, "text": "not read"}
        if "prompt_logprobs" in body:
            said = log_probabilities(model, tokens)
            pairs = zip(tokens[1:], said, strict=True)
            choice["prompt_logprobs"] = [None, *({str(t): {"logprob": p + self.off, "rank": 1}} for t, p in pairs)]
        else:
            choice |= self._continue(model, body)
        return 200, {"object": "text_completion", "choices": [choice]}

    def _continue(self, model: Any, body: dict[str, Any]) -> dict[str, Any]:
        """As vLLM has it: the end token is among the tokens, and the reason is the same for a stop string."""
        self.answered += 1
        words = Words(load_tokenizer(str(self.student)), AnswerSettings(stop=tuple(body["stop"])))
        ends = {2, *body["stop_token_ids"]}
        row = greedy(model, [body["prompt"]], 2, ends, body["max_tokens"], words.stopped)[0]
        at_end_token = row.ended and not words.stopped(row.tokens)
        found: dict[str, Any] = {"finish_reason": "stop" if row.ended else "length"}
        return found | ({"token_ids": [*row.tokens, *([2] if at_end_token else [])]} if self.says_tokens else {})

    def _model(self, name: str) -> Any:
        if self.loses_adapters:
            name = "base"
        if name not in self._models:
            model: Any = load_model(str(self.student), torch.device("cpu"))
            self._models[name] = model if name == "base" else PeftModel.from_pretrained(model, self.adapters[name])
            self._models[name].train(False)
        return self._models[name]


@contextlib.contextmanager
def vllm_double(student: Path, **faults: Any) -> Iterator[VllmDouble]:
    """Serve for the length of the block."""
    double = VllmDouble(student, **faults)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

        def _reply(self, body: dict[str, Any]) -> None:
            if double.dies_after is not None and double.answered >= double.dies_after:
                self.close_connection = True
                return
            status, value = double.answer(self.path, body)
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    double.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
