"""frontend/fetching.py: what is fetched from an address, and what no address may reach."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

import pytest

from assistant.errors import DocumentRefused
from frontend import fetching
from frontend.fetching import fetch, is_public, name_of, told
from ingest.readers import read

PAGE = b"<!DOCTYPE html><html><head><title>The hub</title></head><body><p>The hub opened in May 2021.</p></body></html>"
PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        pytest.param(PUBLIC, True, id="the open internet"),
        pytest.param("2606:2800:220:1::1", True, id="the open internet, version 6"),
        pytest.param("127.0.0.1", False, id="this machine"),
        pytest.param("::1", False, id="this machine, version 6"),
        pytest.param("0.0.0.0", False, id="any address"),
        pytest.param("10.1.2.3", False, id="a private network"),
        pytest.param("172.16.0.1", False, id="another private network"),
        pytest.param("192.168.1.1", False, id="a router at home"),
        pytest.param("100.64.0.1", False, id="a provider's own network"),
        pytest.param("169.254.169.254", False, id="a cloud's metadata"),
        pytest.param("fe80::1%eth0", False, id="a link"),
        pytest.param("fd00::1", False, id="a private network, version 6"),
        pytest.param("::ffff:127.0.0.1", False, id="this machine, mapped"),
        pytest.param("64:ff9b::7f00:1", False, id="this machine, translated"),
        pytest.param("2002:7f00:1::", False, id="this machine, 6to4"),
        pytest.param("2001:0:53aa:64c:0:fbfe:80ff:fffe", False, id="Teredo"),
        pytest.param("fec0::1", False, id="a site"),
        pytest.param("64:ff9b:1::7f00:1", False, id="this machine, translated by a network's own rule"),
        pytest.param("::127.0.0.1", False, id="this machine, in the old way"),
        pytest.param("::ffff:0:127.0.0.1", False, id="this machine, in another old way"),
        pytest.param("3fff::1", False, id="an example"),
        pytest.param("5f00::1", False, id="segment routing"),
        pytest.param("224.0.0.1", False, id="many at once"),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("", "no web address", id="nothing"),
        pytest.param("example.nhs.uk/paper", "no web address", id="no scheme"),
        pytest.param("file:///etc/passwd", "no web address", id="a file"),
        pytest.param("ftp://example.org/a", "no web address", id="another scheme"),
        pytest.param("gopher://127.0.0.1:25/x", "no web address", id="gopher"),
        pytest.param("https://[::1", "no web address", id="half an address"),
        pytest.param("https://example.org:8443/", "port", id="a port"),
        pytest.param("https://me:pw@example.org/", "password", id="a password"),
        pytest.param("https://example.org/" + "a" * 2_000, "no web address", id="an endless one"),
        pytest.param("http://127.0.0.1/", "not on the open internet", id="this machine"),
        pytest.param("http://localhost/", "not on the open internet", id="this machine by name"),
        pytest.param("http://2130706433/", "not on the open internet", id="this machine as one number"),
        pytest.param("http://0x7f.1/", "not on the open internet", id="this machine in hexadecimal"),
        pytest.param("http://[::ffff:10.0.0.1]/", "not on the open internet", id="a mapped address"),
        pytest.param("http://169.254.169.254/latest", "not on the open internet", id="metadata"),
        pytest.param("https://a..b/", "could not be reached", id="an empty label"),
        pytest.param(f"https://{'a' * 64}.org/", "could not be reached", id="an endless label"),
        pytest.param("https://nobody.invalid/", "could not be reached", id="a name of nobody"),
    ],
)
def test_what_is_not_fetched_is_refused_in_words(address: str, words: str) -> None:
    with pytest.raises(DocumentRefused, match=words):
        fetch(address)


def test_one_address_that_is_not_public_is_enough() -> None:
    with pytest.raises(DocumentRefused, match="not on the open internet"):
        fetch("https://example.org/", resolve=lambda _, __: [PUBLIC, "127.0.0.1"])


MOVED = {
    "/moved": "/page.html",
    "/moved-in": "http://127.0.0.1/",
    "/moved-on": "/moved-on",
    "/moved-off": "http://[x",
    "/moved-away": "http://a..b/",
}


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        name = self.path.partition("?")[0]
        if name in MOVED:
            self._answer(302, {"Location": MOVED[name]})
        elif name == "/short":
            self._answer(200, {"Content-Type": "text/html", "Content-Length": "999"}, PAGE)
        elif name.startswith("/slow"):
            self._answer(200, {"Content-Type": "text/html", **({"Content-Length": "40"} if name == "/slow" else {})})
            for _ in range(40):
                time.sleep(0.1)
                self.wfile.write(b"x")
        elif name == "/large":
            self._answer(200, {"Content-Type": "application/pdf"}, b"x" * 5_000)
        elif name == "/none":
            self._answer(404, {})
        elif name == "/zip":
            self._answer(200, {"Content-Type": "application/zip"}, b"PK")
        else:
            self._answer(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked has hung up
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as number:
        yield number


def fetched(path: str, port: int) -> tuple[str, bytes]:
    """Fetch from the server here, which stands in for a host of the open internet."""

    def connect(url: SplitResult, address: str, seconds: float) -> http.client.HTTPConnection:
        assert (url.hostname, address) == ("trust.example", PUBLIC)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        connection.connect()
        return connection

    def resolve(host: str, _: int) -> list[str]:
        return [PUBLIC] if host == "trust.example" else ["127.0.0.1"]

    return fetch(f"http://trust.example{path}", resolve=resolve, connect=connect)


def test_a_page_comes_with_its_name_and_says_where_it_was_fetched(port: int) -> None:
    name, content = fetched("/page.html?v=é", port)
    assert name.startswith("trust-example-page-v-é-")
    assert name.endswith(".html")
    assert Handler.seen[-1] == "/page.html?v=%C3%A9"
    (document,) = read(content, name).documents
    assert (document.title, document.text) == ("The hub", "The hub opened in May 2021.")
    assert document.metadata.source_url == "http://trust.example/page.html?v=%C3%A9"


def test_a_page_that_has_moved_is_followed(port: int) -> None:
    name, content = fetched("/moved", port)
    assert name.startswith("trust-example-page-")
    assert b'href="http://trust.example/page.html"' in content


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/moved-in", "127.0.0.1 is not on the open internet", id="moved to this machine"),
        pytest.param("/moved-on", "more than 4 times", id="moved for ever"),
        pytest.param("/moved-off", "could not be reached", id="moved to no address"),
        pytest.param("/moved-away", "a..b is not", id="moved to no name"),
        pytest.param("/none", "answers with 404", id="not there"),
        pytest.param("/zip", "type 'application/zip'", id="no document"),
        pytest.param("/short", "could not be reached .*bytes before the end", id="cut off"),
    ],
)
def test_what_goes_wrong_on_the_way_is_said(port: int, path: str, words: str) -> None:
    with pytest.raises(DocumentRefused, match=words):
        fetched(path, port)


def test_what_is_too_large_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 4_000)
    with pytest.raises(DocumentRefused, match="larger than"):
        fetched("/large", port)


@pytest.mark.parametrize("path", ["/slow", "/slow-without-length"])
def test_who_sends_a_byte_now_and_then_is_given_up(port: int, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(DocumentRefused, match="could not be reached"):
        fetched(path, port)
    assert time.monotonic() - begun < 2


def test_a_host_is_asked_for_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setitem(fetching._PORTS, "http", port)
        thread = threading.Thread(target=lambda: heard.append(server.accept()[0]))
        heard: list[socket.socket] = []
        thread.start()
        connection = fetching.connected(urlsplit("http://trust.example/"), "127.0.0.1", 5)
        connection.request("GET", "/")
        thread.join()
        with heard[0] as stream:
            assert b"Host: trust.example\r\n" in stream.recv(1_000)
        connection.close()


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        pytest.param("<title>Café</title><p>£5".encode(), "", id="as most are written"),
        pytest.param("\ufeff<title>Café</title><p>£5".encode(), "iso-8859-1", id="a mark of UTF-8"),
        pytest.param("\ufeff<title>Café</title><p>£5".encode("utf-16-le"), "", id="a mark of UTF-16"),
        pytest.param("<title>Café</title><p>£5".encode("cp1252"), "", id="of Windows, unsaid"),
        pytest.param("<title>Café</title><p>£5".encode("cp1252"), "ISO-8859-1", id="of Windows, said by the host"),
        pytest.param(
            '<meta charset="windows-1252"><title>Café</title><p>£5'.encode("cp1252"), "", id="said by the page"
        ),
        pytest.param("<title>Café</title><p>£5".encode(), "unicode_escape", id="a codec that is no encoding"),
    ],
)
def test_a_page_is_read_in_its_own_encoding(page: bytes, charset: str) -> None:
    address = "https://a.example/?charset=koi8-r&" + "a" * 1_500
    (document,) = read(told(page, ".html", charset, address), "a.html").documents
    assert (document.title, document.text, document.metadata.source_url) == ("Café", "£5", address)


LIAR = '<!-- <head> --><html><head><link rel="canonical" href="https://nhs.uk/"></head><p>The hub is shut.</p>'


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        pytest.param(LIAR.encode(), ".html", id="a page"),
        pytest.param(b"\xff\xfe" + LIAR.encode("utf-16-le"), ".html", id="a page in UTF-16"),
        pytest.param(
            b"---\nsource_url: https://nhs.uk/\naliases: [NHS]\n---\n\nThe hub is shut.", ".md", id="Markdown"
        ),
    ],
)
def test_none_can_claim_another_address_than_that_it_was_fetched_from(content: bytes, ending: str) -> None:
    said = told(content, ending, "", "https://liar.example/?a=1&b=\"<'>")
    (document,) = read(said, f"liar{ending}").documents
    assert document.metadata.source_url == "https://liar.example/?a=1&b=%22%3C%27%3E"
    assert (document.text, document.metadata.aliases) == ("The hub is shut.", ())


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://a.nhs.uk/2024/board.pdf", "a-nhs-uk-2024-board-"),
        ("https://a.nhs.uk/", "a-nhs-uk-"),
        ("https://a.nhs.uk/../../x?id=3", "a-nhs-uk-x-id-3-"),
        ("https://a.nhs.uk/" + "x" * 200, "a-nhs-uk-" + "x" * 81 + "-"),
    ],
)
def test_a_name_is_made_of_the_address(address: str, name: str) -> None:
    assert name_of(address)[:-8] == name
    assert name_of(address) != name_of(address + "/")
