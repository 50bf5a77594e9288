"""HTTP to one host: a connection for each request in flight, and no body without end."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

# Bounds what a broken or hostile server can make us hold; ten times the longest reply of any model we know.
LONGEST_BODY = 16 * 2**20


class Transport(httpx2.AsyncBaseTransport):
    """Connections that are taken and given back like tools from a box.

    The HTTP library's own pool looks at every idle connection for every request: with a hundred of them that costs
    more than the request itself.
    """

    def __init__(self, base_url: str) -> None:
        """Connects to nothing yet."""
        self._proxy = _proxy(base_url)
        # One for all connections: loading the certificates takes long.
        self._verify: ssl.SSLContext | bool = base_url.startswith("https") and httpx2.create_ssl_context()
        self._all: list[httpx2.AsyncHTTPTransport] = []
        self._idle: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request over an idle connection, or a new one.

        Raises:
            ValueError: the reply is compressed, so its length could not be bounded; so does a body that is too long.
        """
        connection = self._idle.pop() if self._idle else self._open()
        kept = False
        try:
            response = await connection.handle_async_request(request)
            if isinstance(response.stream, httpx2.AsyncByteStream):
                response.stream = _Body(response.stream, lambda: self._idle.append(connection))
                kept = True
        finally:
            if not kept:
                self._idle.append(connection)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise ValueError("the reply is compressed although that was not asked for")
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._all:
            await connection.aclose()

    def _open(self) -> httpx2.AsyncHTTPTransport:
        one = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
        connection = httpx2.AsyncHTTPTransport(verify=self._verify, proxy=self._proxy, limits=one)
        self._all.append(connection)
        return connection


class _Body(httpx2.AsyncByteStream):
    """A body that may not be endless; its connection is free once it is closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, done: Callable[[], None]) -> None:
        self._stream = stream
        self._done = done
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LONGEST_BODY
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"the reply is longer than {LONGEST_BODY} bytes")
            yield chunk

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                await self._stream.aclose()
            finally:
                self._done()


def _proxy(base_url: str) -> str | None:
    """The proxy that the environment names for this address; never one for this machine itself."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if _is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return named if named is None or "://" in named else f"http://{named}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
