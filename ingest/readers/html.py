"""HTML: the visible text of a page's main part.

Main is ``<main>``, else the only ``<article>``, else the body. A library that guesses further (trafilatura)
drops nested lists and tables that case studies are made of, and lets hidden text through.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, cast

from assistant.errors import DocumentRefused
from assistant.schema import Metadata
from ingest.readers.canonical import compose, inline, make_document, visible
from ingest.readers.front_matter import web_address
from ingest.readers.html_visibility import is_furniture, is_hidden, is_not_text
from ingest.readers.html_walk import Walk
from ingest.readers.registry import Reading, reader
from ingest.readers.text import decode
from ingest.readers.titles import file_stem

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:-]+)""", re.IGNORECASE)
# Only encodings that pages are written in: Python also knows codecs that unpack or unescape.
_ENCODINGS = re.compile(
    r"utf-?8|iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|macintosh|gb(?:k|2312|18030)|big5|shift_jis|euc-(?:jp|kr)"
)
_MOST_MAINS = 3
_LATIN_1 = re.compile(r"iso-?8859-1")


@reader(".html", ".htm")
def read_html(data: bytes, document_id: str) -> Reading:
    """Read a web page: headings, paragraphs, lists and tables of its main part."""
    page = parse(decode(data, _declared(data)))
    hidden: list[Element] = []

    def is_left_out(element: "Element") -> bool:
        if is_not_text(element) or is_furniture(element):
            return True
        if is_hidden(element):
            hidden.append(element)
            return True
        return False

    main = _main_part(page, is_left_out)
    hidden.clear()
    blocks = Walk(is_left_out).walk(main)
    title = inline(_first_text(page, "title")) or inline(_first_text(main, "h1")) or file_stem(document_id)
    document = make_document(document_id, title, compose(blocks), Metadata(source_url=_address(page)))
    return Reading((document,), hidden_warning(hidden))


def parse(markup: str) -> "Element":
    """Parse HTML, or refuse it where the parser would leave something out without saying so."""
    from lxml import etree

    # huge_tree: the ordinary limits (256 levels, 10 MB of text) drop the whole body in silence.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    source = visible(markup).encode("utf-8")
    page = etree.fromstring(source, parser) if source.strip() else None
    for entry in parser.error_log:
        if entry.type_name in ("ERR_RESOURCE_LIMIT", "ERR_NO_MEMORY"):
            raise DocumentRefused("is nested deeper than 2,000 levels, as no page for people is")
    if page is None:
        raise DocumentRefused("has no text")
    return cast("Element", page)


def hidden_warning(hidden: "list[Element]") -> tuple[str, ...]:
    """Return what to say of elements that were left out because the page hides them."""
    with_text = sum(1 for element in hidden if any(inline(str(text)) for text in element.itertext()))
    places = "1 place" if with_text == 1 else f"{with_text} places"
    return (f"hidden text was left out ({places})",) if with_text else ()


def _declared(data: bytes) -> str | None:
    declared = _CHARSET.search(data[:2048])
    name = declared[1].decode("ascii").lower() if declared else ""
    if not _ENCODINGS.fullmatch(name):
        return None
    return "cp1252" if _LATIN_1.fullmatch(name) else name


def _main_part(page: "Element", is_left_out: "Callable[[Element], bool]") -> "Element":
    found = (element for element in page.iter() if element.tag == "main" or element.get("role") == "main")
    parts: list[Element] = list(islice(found, _MOST_MAINS))
    articles: list[Element] = list(islice(page.iter("article"), 2))
    for part in parts + (articles if len(articles) == 1 else []):
        shown = not any(is_left_out(element) for element in (part, *part.iterancestors()))
        if shown and Walk(is_left_out).walk(part):
            return part
    return page


def _first_text(element: "Element", tag: str) -> str:
    found = next(element.iter(tag), None)
    return "" if found is None else "".join(map(str, found.itertext()))


def _address(page: "Element") -> str:
    """Return the address that the page gives as its own."""
    for link in page.iter("link"):
        if link.get("rel", "").lower() == "canonical":
            return web_address(link.get("href", "").strip())
    return ""
