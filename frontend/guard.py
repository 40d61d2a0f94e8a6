"""What stands between the network and the page: who may ask for what, and the headers of every reply."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from frontend import plain

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1_000_000
LARGEST_UPLOAD = 20_000_000
# Gradio evaluates templates and scripts on the page, so that its policy cannot be narrower than this.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
UPLOAD = "/upload"
# The page and /ask need these; uploads, file serving, docs and whatever Gradio adds next stay closed.
OPEN_PATHS = frozenset(
    {
        "/",
        "/plain",
        "/plain/library",
        "/plain/source",
        UPLOAD,
        "/config",
        "/favicon.ico",
        "/manifest.json",
        "/robots.txt",
        "/theme.css",
    }
    | {f"/gradio_api/{name}" for name in ("app_id", "cancel", "info", "reset", "startup-events", "theme.css")}
    | {"/gradio_api/queue/data", "/gradio_api/queue/join"}
)
OPEN_FOLDERS = (
    "/assets/",
    "/download/",
    "/static/",
    "/svelte/",
    *(f"/gradio_api/{name}/" for name in ("call", "heartbeat", "run")),
)


def loopback(host: str) -> bool:
    """Whether a host name or address is this machine and nothing else."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def allowed_path(path: str) -> bool:
    """Whether a path is one of those that are served."""
    return ".." not in path and (path in OPEN_PATHS or path.startswith(OPEN_FOLDERS))


def refusal(scope: Message, local: bool) -> tuple[int, str] | None:
    """Return why a request is refused (status and words), or None where it may pass."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if local:
        # A name of somebody else's that leads to this machine is another site reaching in (DNS rebinding).
        if not loopback(hostname(f"//{headers.get(b'host', '')}")):
            return 421, "This Casebook answers only to localhost and 127.0.0.1."
        if b"origin" in headers and not loopback(hostname(headers[b"origin"])):
            return 403, "Another site may not use this Casebook."
    if not allowed_path(scope["path"]):
        return 404, "There is nothing here."
    length, largest = headers.get(b"content-length", "0"), largest_body(scope["path"])
    if not length.isdigit() or int(length) > largest:
        return 413, f"A request may have at most {largest:,} bytes."
    return None


def largest_body(path: str) -> int:
    """Return how many bytes a request to a path may have."""
    return LARGEST_UPLOAD if path == UPLOAD else LARGEST_BODY


def policy_of(path: str) -> str:
    """Return the policy of a path: that of Gradio's page, or the narrow one of what needs no script."""
    return plain.POLICY if path == UPLOAD or path.startswith((plain.ADDRESS, "/download/")) else POLICY


def hostname(address: str) -> str:
    """Return the host of an address without its port; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


# Gradio names the browser's language as the page's, though all words on it are English.
KEEP_ENGLISH = """<script>
new MutationObserver(() => { if (document.documentElement.lang !== "en-GB") document.documentElement.lang = "en-GB"; })
  .observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
</script>"""


def tidy_page(page: bytes, style: str) -> bytes:
    """Return Gradio's page as UK English, with our icon and style, and without its notes to other sites.

    A style sheet that is given to Gradio comes late, and with its selectors rewritten.
    """
    icon = '<link rel="icon" type="image/svg+xml" href="favicon.ico">'
    ours = f"{icon}<style>{style}</style>{KEEP_ENGLISH}</head>"
    page = re.sub(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>', b"", page)
    page = page.replace(b'lang="en"', b'lang="en-GB"', 1)
    return page.replace(b"</head>", ours.encode(), 1)


class Guard:
    """An ASGI application around the page.

    ``local`` means that only this machine is served; ``end_streams`` lets go of the connections that
    pages hold open for as long as they are open themselves.
    """

    def __init__(
        self, app: Application, style: str, *, local: bool, end_streams: Callable[[], None] = lambda: None
    ) -> None:
        self.app = app
        self.style = style
        self.local = local
        self.end_streams = end_streams

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it in plain words."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refused = refusal(scope, self.local)
        headed = with_headers(send, plain.POLICY if refused else policy_of(scope["path"]))
        if refused:
            await reply(headed, *refused)
        elif scope["path"] == "/":
            # Compressed, the page could not be tidied.
            asked = [header for header in scope["headers"] if header[0].lower() != b"accept-encoding"]
            await self.app({**scope, "headers": asked}, receive, with_tidy_page(headed, self.style))
        else:
            await self.app(scope, limited(receive, largest_body(scope["path"])), headed)


def with_headers(send: Send, policy: str) -> Send:
    """Return a sender that puts our headers on every reply."""
    ours = ((b"content-security-policy", policy.encode()), *HEADERS)
    names = {name for name, _ in ours}

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [header for header in message.get("headers", ()) if header[0].lower() not in names]
            message = {**message, "headers": [*kept, *ours]}
        await send(message)

    return sender


def with_tidy_page(send: Send, style: str) -> Send:
    """Return a sender that holds a page back until it is whole, and tidies it."""
    start: list[Message] = []
    body = bytearray()

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        page = tidy_page(bytes(body), style)
        kept = [header for header in start[0].get("headers", ()) if header[0].lower() != b"content-length"]
        # A reply to HEAD says the length of the page that it leaves out.
        length = [(b"content-length", str(len(page)).encode())] if page else []
        await send({**start[0], "headers": [*kept, *length, (b"cache-control", b"no-store")]})
        await send({**message, "body": page})

    return sender


def limited(receive: Receive, largest: int) -> Receive:
    """Return a receiver that ends a body which goes on beyond the limit without having said so."""
    seen = 0

    async def receiver() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= largest else {"type": "http.disconnect"}

    return receiver


async def reply(send: Send, status: int, words: str) -> None:
    """Send a short plain reply."""
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
