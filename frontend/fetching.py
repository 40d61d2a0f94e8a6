"""A web address → a document's name and bytes, from public addresses only.

Whoever may give an address to fetch could point it at what only this machine can reach (server-side request forgery).
So each host is resolved here once, every address that it has must be public, and the connection goes to the very
address that was checked; a redirect is checked in the same way.
"""

import contextlib
import hashlib
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
# All of version 6 that is given to anybody, and what of it is for examples only.
_GIVEN, _EXAMPLES = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("3fff::/20")
# Only encodings that pages are written in: Python also knows codecs that unpack or unescape.
_ENCODINGS = re.compile(
    r"utf-?8|utf-16(?:le|be)?|iso-?8859-\d{1,2}|windows-125\d|koi8-[ru]|gb(?:k|2312|18030)|big5|shift_jis|euc-(?:jp|kr)"
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
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
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        # Python takes much for global that is given to nobody, or is translated to IPv4 addresses unseen from here.
        if found not in _GIVEN or found in _EXAMPLES or found.sixtofour is not None or found.teredo is not None:
            return False
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
    connection.default_port = port  # else the name of the host is sent with it
    connection.sock = stream
    return connection


def fetch(address: str, *, resolve: Resolve = resolved, connect: Connect = connected) -> tuple[str, bytes]:
    """Return a name, its ending by the type of what was found, and the bytes. Raises DocumentRefused."""
    ends = time.monotonic() + SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        url = _checked(address)
        try:
            said = _asked(url, _public_address(url, resolve), connect, ends)
            if not isinstance(said, str):
                ending, content, charset = said
                return name_of(address) + ending, told(content, ending, charset, address)
            address = urljoin(address, said)
        except (OSError, ValueError, http.client.HTTPException) as error:  # a name that none can have is a ValueError
            words = str(error) or type(error).__name__
            raise DocumentRefused(f"{url.hostname} could not be reached from here ({words}). {_INSTEAD}") from error
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


def _asked(url: SplitResult, address: str, connect: Connect, ends: float) -> str | tuple[str, bytes, str]:
    """Ask for a page: returns where it has moved to, or its ending, its bytes and the encoding that it is said to have.

    Raises OSError where it takes too long.
    """
    connection = connect(url, address, max(ends - time.monotonic(), 0.1))
    # A host that sends a byte now and then would never run into a timeout.
    hanging_up = threading.Timer(max(ends - time.monotonic(), 0.1), _hang_up, [connection.sock])
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
        content = _body(reply)
        if time.monotonic() >= ends:  # what was hung up on may look whole
            raise TimeoutError(f"it took over {SECONDS:.0f} seconds")
        return _ENDINGS[kind], content, reply.headers.get_content_charset("")
    finally:
        hanging_up.cancel()
        connection.close()


def _hang_up(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):
        stream.shutdown(socket.SHUT_RDWR)


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _body(reply: http.client.HTTPResponse) -> bytes:
    """Return a reply's bytes. Raises DocumentRefused where they are too many, OSError where they are not all there."""
    content = reply.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DocumentRefused(f"What is at this address is larger than {MOST_BYTES // 1_000_000} MB. {_INSTEAD}")
    if reply.length:
        raise ConnectionError(f"it stopped {reply.length} bytes before the end")
    return content


def name_of(address: str) -> str:
    """Return a file name, without ending, that tells where a document came from; no two addresses share one."""
    url = urlsplit(address)
    path = re.sub(r"\.(?:html?|pdf|docx|md|txt|aspx?|php)$", "", url.path.rstrip("/"), flags=re.I)
    words = re.sub(r"[^\w-]+", "-", f"{url.hostname} {path} {url.query}").strip("-")
    return f"{words[:90].strip('-')}-{hashlib.sha256(address.encode('utf-8', 'replace')).hexdigest()[:8]}"


def told(content: bytes, ending: str, charset: str, address: str) -> bytes:
    """Return a document that says where it was fetched, whatever it claims, so that its citations lead back there.

    A page says so in its head, Markdown in its front matter; other kinds have no place for it.
    """
    safe = "".join(c if c.isascii() and c.isprintable() and c not in "\"'<>&\\ " else _quoted_one(c) for c in address)
    if ending == ".html":
        head = f'<meta charset="utf-8"><link rel="canonical" href="{safe.replace("&", "&amp;")}">'
        return (head + decoded(content, charset)).encode("utf-8")
    if ending == ".md":
        body = re.sub(
            r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", "", decoded(content, charset), flags=re.S | re.M
        )
        return f'---\nsource_url: "{safe}"\n---\n\n{body}'.encode()
    return content


def decoded(content: bytes, charset: str) -> str:
    """Return the text of a page: by its mark, by what it is sent with, by what it says, else as most are written."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    said = re.search(rb"""charset\s*=\s*["']?\s*([a-z0-9_-]+)""", content[:2048], re.I)
    named = [name.lower() for name in (charset, said[1].decode("ascii") if said else "")]
    for encoding in [name for name in named if _ENCODINGS.fullmatch(name)] + ["utf-8"]:
        with contextlib.suppress(UnicodeDecodeError):
            # Pages that say Latin-1 mean what Windows makes of it.
            return content.decode("cp1252" if encoding in {"iso-8859-1", "iso8859-1"} else encoding)
    return content.decode("cp1252", "replace")


def _quoted_one(character: str) -> str:
    return "&" if character == "&" else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
