"""HTTP to one host: a connection for each request in flight, and no body without end."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

# Bounds what a broken or hostile server can make us hold; ten times the longest reply of any model we know.
LONGEST_BODY = 16 * 2**20
# uvicorn, and with it vLLM, hangs up on a connection that was idle for 5 s; ours are given up before that.
_IDLE_S = 4.0
# On a busy machine it may have hung up long ago and the event loop not have looked yet. This many turns of the loop and
# it knows (one to see it, one to read the end, one to close), so that no question is sent where nobody listens.
_TURNS_TO_HEAR = 3


class Transport(httpx2.AsyncBaseTransport):
    """Carries the requests of openai's client over aiohttp, whose parser is compiled.

    Over httpx2's own transport the way to the server and back costs half of all that a call takes of the CPU.
    """

    def __init__(self, base_url: str) -> None:
        """Connects to nothing yet."""
        self._proxy = _proxy(base_url)
        # httpx2's choice of certificates, which heeds SSL_CERT_FILE. Loading them takes long.
        self._verify = httpx2.create_ssl_context() if base_url.startswith("https") else True
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request over an idle connection, or a new one. Bounding its time is the caller's affair.

        Raises:
            TransportError: there was no reply, or one that is no HTTP.
            ValueError: the reply is compressed, so its length could not be bounded; so does a body that is too long.
        """
        if self._session is None:
            self._session = self._open()
        for _ in range(_TURNS_TO_HEAR):
            await asyncio.sleep(0)
        with _known_errors():
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
                proxy=self._proxy,
            )
        if response.headers.get("Content-Encoding", "identity") != "identity":
            response.close()
            raise ValueError("the reply is compressed although that was not asked for")
        return httpx2.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            # How many are in flight is admission's affair.
            connector=aiohttp.TCPConnector(limit=0, ssl=self._verify, keepalive_timeout=_IDLE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )


class _Body(httpx2.AsyncByteStream):
    """A body that may not be endless. Its connection is free once it is read, and closed where it is not."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LONGEST_BODY
        with _known_errors():
            async for chunk in self._response.content.iter_any():
                left -= len(chunk)
                if left < 0:
                    raise ValueError(f"the reply is longer than {LONGEST_BODY} bytes")
                yield chunk

    async def aclose(self) -> None:
        self._response.close()


@contextmanager
def _known_errors() -> Iterator[None]:
    """aiohttp's errors as one that openai's client knows. Their words, which quote the server, on one short line."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise httpx2.TransportError(said) from error


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
