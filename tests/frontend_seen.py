"""What a browser would make of the front end's HTML, and fetching it, for the front end's tests."""

import urllib.error
import urllib.request
from html.parser import HTMLParser

from frontend.markup import VOID, web_address

TAGS = set(
    "a article aside blockquote button code dd details div dl dt form h2 h3 h4 h5 h6 header input label li mark nav "
    "ol option p q section select span strong summary table tbody td th thead tr ul".split()
)
ATTRIBUTES = set(
    "accept action aria-current aria-hidden aria-label aria-labelledby aria-live aria-pressed autocomplete class dir "
    "download for href id maxlength method multiple name open rel required role rows scope tabindex target title type "
    "value".split()
)
# Addresses of ours, which lead to nobody else.
OURS = ("#", "/?", "/plain", "/download/")


class Seen(HTMLParser):
    """What a browser would make of HTML: its tags, and the text inside elements of a class or tag."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        html = html.removeprefix("<!doctype html>")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, set[str]]] = []
        self.pieces: list[tuple[str, set[str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append((tag, {tag, *(dict(attrs).get("class") or "").split()}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, "elements must be nested"

    def handle_data(self, data: str) -> None:
        self.pieces.append((data, {name for _, names in self.open for name in names}))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def text(self, within: str = "") -> str:
        return "".join(data for data, names in self.pieces if not within or within in names)

    def texts(self, within: str) -> list[str]:
        return [data for data, names in self.pieces if within in names]


def is_ours(html: str) -> Seen:
    """Check that nothing but our own elements, attributes and addresses is in some HTML."""
    seen = Seen(html)
    assert not seen.open
    for tag, attributes in seen.tags:
        assert tag in TAGS, tag
        assert {name for name in attributes if not name.startswith("data-")} <= ATTRIBUTES, attributes
        address = attributes.get("href")
        if address is not None and not address.startswith(OURS):
            assert web_address(address) == address
            assert attributes["rel"] == "noopener noreferrer"
            assert attributes["target"] == "_blank"
    return seen


def fetch(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read().decode()
