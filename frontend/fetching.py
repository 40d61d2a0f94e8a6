"""A web address → a document's name and bytes, from public addresses only.

Whoever may give an address to fetch could point it at what only this machine can reach (server-side request forgery).
So each host is resolved here once, every address that it has must be public, and the connection goes to the very
address that was checked; a redirect is checked in the same way.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult, urljoin, urlsplit

from assistant.errors import DocumentRefused

MOST_BYTES = 20_000_000
MOST_REDIRECTS = 4
LONGEST_ADDRESS = 2_000
SECONDS = 30.0
_PORTS = {"http": 80, "https": 443}
_MOVED = frozenset({301, 302, 303, 307, 308})
_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
_INSTEAD = "Save the page or file yourself and add it as a file."

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[SplitResult, str, float], http.client.HTTPConnection]


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, and so is whatever older address it wraps."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # Networks that translate to IPv4: whatever is behind them is not to be seen from here.
        if found in ipaddress.ip_network("64:ff9b::/96") or found.sixtofour is not None or found.teredo is not None:
            return False
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
    return found.is_global and not found.is_multicast


def connected(url: SplitResult, address: str, seconds: float) -> http.client.HTTPConnection:
    """Return a connection to one IP address that speaks, and checks its certificate, under the host's name."""
    host, port = str(url.hostname), url.port or _PORTS[url.scheme]
    stream = socket.create_connection((address, port), timeout=seconds)
    if url.scheme == "https":
        try:
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        except (OSError, ssl.SSLError):
            stream.close()
            raise
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    connection.sock = stream
    return connection


def fetch(address: str, *, resolve: Resolve = resolved, connect: Connect = connected) -> tuple[str, bytes]:
    """Return a name, its ending by the type of what was found, and the bytes. Raises DocumentRefused."""
    ends = time.monotonic() + SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        url = _checked(address)
        try:
            said = _asked(url, _public_address(url, resolve), connect, ends)
        except (OSError, http.client.HTTPException) as error:
            words = str(error) or type(error).__name__
            raise DocumentRefused(f"{url.hostname} could not be reached from here ({words}). {_INSTEAD}") from error
        if not isinstance(said, str):
            ending, content = said
            return name_of(url) + ending, with_address(content, address) if ending == ".html" else content
        address = urljoin(address, said)
    raise DocumentRefused(f"The address leads on to others more than {MOST_REDIRECTS} times. {_INSTEAD}")


def _checked(address: str) -> SplitResult:
    """Return the parts of an address. Raises DocumentRefused where it is none that is fetched."""
    try:
        url = urlsplit(address.strip())
        port = url.port
    except ValueError as error:
        raise DocumentRefused(f"{address[:200]!r} is no web address ({error}).") from error
    if url.scheme not in _PORTS or not url.hostname or len(address) > LONGEST_ADDRESS:
        raise DocumentRefused(f"{address[:200]!r} is no web address: it should begin with https:// and name a host.")
    if port not in (None, _PORTS[url.scheme]) or url.username is not None or url.password is not None:
        raise DocumentRefused(f"Addresses with a port, a user or a password are not fetched. {_INSTEAD}")
    return url


def _public_address(url: SplitResult, resolve: Resolve) -> str:
    """Return the address to connect to. Raises DocumentRefused where the host has one that is not public."""
    found = resolve(str(url.hostname), _PORTS[url.scheme])
    if not found or not all(map(is_public, found)):
        raise DocumentRefused(f"{url.hostname} is not on the open internet, so it is not fetched. {_INSTEAD}")
    return found[0]


def _asked(url: SplitResult, address: str, connect: Connect, ends: float) -> str | tuple[str, bytes]:
    """Ask for a page: returns where it has moved to, or its ending and its bytes."""
    connection = connect(url, address, max(ends - time.monotonic(), 0.1))
    # A host that sends a byte now and then would never run into a timeout.
    hanging_up = threading.Timer(max(ends - time.monotonic(), 0.1), _hang_up, [connection])
    hanging_up.start()
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = {"User-Agent": "Casebook", "Accept": ", ".join(_ENDINGS), "Accept-Encoding": "identity"}
        connection.request("GET", re.sub(r"[^!-~]", _quoted, target), headers=headers)
        reply = connection.getresponse()
        if reply.status in _MOVED and reply.getheader("location"):
            return str(reply.getheader("location"))
        if reply.status != 200:
            raise DocumentRefused(f"{url.hostname} answers with {reply.status} {reply.reason}. {_INSTEAD}")
        kind = reply.headers.get_content_type()
        if kind not in _ENDINGS or reply.getheader("content-encoding", "identity") != "identity":
            raise DocumentRefused(f"What is at this address is of the type {kind!r}, which is not read. {_INSTEAD}")
        return _ENDINGS[kind], _body(reply)
    finally:
        hanging_up.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _body(reply: http.client.HTTPResponse) -> bytes:
    """Return a reply's bytes. Raises DocumentRefused where they are too many, OSError where they are not all there."""
    content = reply.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DocumentRefused(f"What is at this address is larger than {MOST_BYTES // 1_000_000} MB. {_INSTEAD}")
    if reply.length:
        raise ConnectionError(f"it stopped {reply.length} bytes before the end, or took over {SECONDS:.0f} seconds")
    return content


def name_of(url: SplitResult) -> str:
    """Return a file name, without ending, that tells where a document came from."""
    last = re.sub(r"\.(?:html?|pdf|docx|md|txt|aspx?|php)$", "", url.path.rstrip("/").rpartition("/")[2], flags=re.I)
    words = re.sub(r"[^\w-]+", "-", f"{url.hostname} {last} {url.query}").strip("-")
    return words[:100].strip("-")


def with_address(content: bytes, address: str) -> bytes:
    """Return a page that first of all says where it was fetched, so that its citations lead back there."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content
    safe = "".join(c if c.isascii() and c.isprintable() and c not in "\"'<>& " else _quoted_one(c) for c in address)
    start = re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype[^>]*>)?", content, re.I)
    at = start.end() if start else 0
    return content[:at] + f'<link rel="canonical" href="{safe}">'.encode() + content[at:]


def _quoted_one(character: str) -> str:
    return "&amp;" if character == "&" else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
