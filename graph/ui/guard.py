"""What every answer of the page's server carries, and who is answered at all.

The server listens on loopback only. That does not keep a web page out: one that the user has open elsewhere can point a
name of its own at 127.0.0.1 and have the browser ask us (DNS rebinding). Its requests carry that name as their host.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost", "[::1]")
_ALWAYS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Refuses requests that were not meant for this server, and adds the headers to those it lets through.

    Args:
        app: What is guarded.
        policy: The content security policy of the page.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = {**_ALWAYS, "content-security-policy": f"{policy}; frame-ancestors 'none'"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if not is_ours(Headers(scope=scope).get("host", "")):
            refusal = PlainTextResponse("this page answers on 127.0.0.1 and localhost only", status_code=421)
            await refusal(scope, receive, answer)
            return
        await self._app(scope, receive, answer)


def is_ours(host: str) -> bool:
    """Whether a Host header names this machine's loopback, whatever the port (a tunnel may change it)."""
    name, _, port = host.rpartition(":")
    return host in NAMES or (name in NAMES and port.isdecimal())
