"""A server for a run to start and stop, without a model: ``python plain_server.py PORT FOLDER [drifts]``.

It says what little is asked of a neighbour. Each start leaves a file in FOLDER, named by the process id of a helper
that outlives it unless it is ended, too; with ``drifts`` every start has other log-probabilities.
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    port, folder, drifts = int(sys.argv[1]), Path(sys.argv[2]), "drifts" in sys.argv
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / str(helper.pid)).touch()
    said = -1.0 - drifts * len(list(folder.iterdir()))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({"data": [{"id": "teacher", "parent": None}]})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            scored = [None, {"5": {"logprob": said}}, {"6": {"logprob": said}}]
            self._reply({"choices": [{"prompt_logprobs": scored}]})

        def _reply(self, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to stderr."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
