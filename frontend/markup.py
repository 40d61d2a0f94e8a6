"""HTML that is escaped by construction: any text that is not already Html is shown as text.

This is the only place where a string becomes HTML. Text from documents, questions and file names
comes in as plain ``str``, so that it cannot bring a tag, an attribute, a link or an image with it.
"""

import html
from collections.abc import Iterable
from urllib.parse import urlsplit

VOID = frozenset({"br", "hr", "input", "meta"})
# A browser drops NUL, and cannot be sent a lone surrogate: both are shown as what cannot be shown.
_UNSENDABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Html(str):
    """A piece of finished HTML; made by this module's functions only."""

    __slots__ = ()


def sendable(text: str) -> str:
    """Return a text in the form that a browser can be sent: no NUL and no lone surrogate."""
    return text.translate(_UNSENDABLE)


def escape(text: str) -> Html:
    """Return HTML that shows a text as it is; finished HTML passes unchanged."""
    if isinstance(text, Html):
        return text
    return Html(html.escape(sendable(text), quote=True).replace("\r", "&#13;"))


def join(parts: Iterable[str], separator: str = "") -> Html:
    """Return the parts one after the other, each escaped unless it is finished HTML."""
    return Html(escape(separator).join(escape(part) for part in parts))


def element(tag: str, *children: str, **attributes: str | int | bool | None) -> Html:
    """Return an element with its children escaped unless they are finished HTML.

    Attribute names are written with underscores (``aria_label``, ``class_``); True gives a bare
    attribute, None and False leave it out.
    """
    written = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        written += " " + name.rstrip("_").replace("_", "-")
        if value is not True:
            written += f'="{escape(str(value))}"'
    if tag in VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def style_element(sheet: str) -> Html:
    """Return a style sheet of ours as an element; escaped, it would have another hash than the policy's."""
    if "<" in sheet:
        raise ValueError("a style sheet of ours holds no '<'")
    return Html(f"<style>{sheet}</style>")


def whole_page(head: Html, body: Html) -> Html:
    """Return a page of HTML from its two parts."""
    return Html(f"<!doctype html>{element('html', head, body, lang='en-GB')}")


def web_address(url: str) -> str | None:
    """Return an address that may become a link: http or https with a host, and nothing odd in it."""
    if any(character.isspace() or not character.isprintable() for character in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "\\" not in url else None


def outside_link(url: str, name: str) -> Html:
    """Return a link to an original source, in a new tab; only the name where the address is not fit."""
    address = web_address(url)
    if address is None:
        return escape(name)
    spoken = element("span", " (opens in a new tab)", class_="cb-hidden")
    return element("a", name, spoken, href=address, target="_blank", rel="noopener noreferrer", class_="cb-link")
