"""What holds for every request: the console's own name, headers that shut the browser in, and no
writing from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lfr_batch.console.hosts import is_own, name_of

OWN_HEADER = "x-lfr-console"
"""Set by the page on every POST: a form or a link of another site cannot."""
READING = frozenset({"GET", "HEAD"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}


NOT_ITS_NAME = (
    "the console is not known by this name; whoever runs it can add the name to console.names"
)


class Guard:
    """Around the whole application, so that no answer is without the headers.

    ``BaseHTTPMiddleware`` would stand between an event stream and its end. ``names``: by which the
    console may be asked for, beside the address at which it is reached.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._answer(scope)(scope, receive, send_with_headers)

    def _answer(self, scope: Scope) -> ASGIApp:
        if not is_asked_for(scope, self._names):
            return JSONResponse({"error": NOT_ITS_NAME}, 400)
        refusal = refused(scope)
        return JSONResponse({"error": refusal}, 403) if refusal else self._app


def is_asked_for(scope: Scope, names: Collection[str]) -> bool:
    name = name_of(Headers(scope=scope).get("host", ""))
    return name is not None and is_own(name, names, scope["server"][0])


def refused(scope: Scope) -> str | None:
    """Why a request that would change something is not from this console's own page."""
    if scope["method"] in READING:
        return None
    headers = Headers(scope=scope)
    if OWN_HEADER not in headers:
        return "this request does not come from the console's page"
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "this request comes from another site"
    origin = headers.get("origin")
    if origin is not None and not _is_own(origin, scope["scheme"], headers.get("host", "")):
        return "this request comes from another origin"
    return None


def _is_own(origin: str, scheme: str, host: str) -> bool:
    parts = urlsplit(origin)
    return (parts.scheme, parts.netloc.lower()) == (scheme, host.lower())
