"""What of a web page a reader does not see, or does not come for: hidden elements and the page's furniture.

Hiding by a style sheet, by script or by colour (white on white) is out of reach here.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_NEVER_TEXT_NAMES = (
    "applet area audio base button canvas col colgroup datalist embed frame frameset head iframe img "
    "input link map meta noembed noframes noscript object optgroup option param picture rp rt script "
    "select source style svg template textarea title track video"
)
_NEVER_TEXT = frozenset(_NEVER_TEXT_NAMES.split())
_FURNITURE = frozenset(("nav", "aside", "footer", "label", "search"))
_FURNITURE_ROLE_NAMES = (
    "alertdialog banner complementary contentinfo dialog menu menubar navigation search tablist toolbar tooltip"
)
_FURNITURE_ROLES = frozenset(_FURNITURE_ROLE_NAMES.split())
_FURNITURE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?-?(?:banner|consent|notice|bar|message|popup)|breadcrumbs?|skip-?(?:link|to-content|nav)|"
    r"sr-only|visually-?hidden|screen-?reader-?text|u-visually-hidden)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDING = re.compile(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|opacity:0*\.?0*%?(?=;|!|$)|"
    r"font-size:0*\.?0*(?:px|pt|em|rem|%|vw|vh|ex|ch)?(?=;|!|$)|font:[^;]*?(?<![\d.])0(?:px|pt|em|rem|%)?[/\s]|"
    r"content-visibility:hidden|text-indent:-\d{3,}|(?:left|right|top):-\d{4,}|clip:rect\(0)"
)
_NOTE_NUMBER = re.compile(r"\s*\[?[\da-z*†‡]{1,3}\]?\s*")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)


def is_hidden(element: "Element") -> bool:
    """Whether an element says of itself that it is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden", "").strip().lower() == "true":
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    style = element.get("style")
    return style is not None and _HIDING.search(_plain_style(style)) is not None


def is_not_text(element: "Element") -> bool:
    """Whether an element holds no text of the page: code, media, form controls, a footnote's number."""
    return not isinstance(element.tag, str) or element.tag.lower() in _NEVER_TEXT or _is_note_number(element)


def is_furniture(element: "Element") -> bool:
    """Whether an element is navigation, a banner or the like and not the page's content."""
    if element.tag in _FURNITURE or element.get("role", "").strip().lower() in _FURNITURE_ROLES:
        return not _within_content(element) if element.tag == "footer" else True
    if element.tag == "header":
        # A header that carries the page's own heading is content, as is one within an article.
        return next(element.iterdescendants("h1"), None) is None and not _within_content(element)
    return bool(_FURNITURE_NAMES.search(f"{element.get('class', '')} {element.get('id', '')}"))


def _within_content(element: "Element") -> bool:
    return next(element.iterancestors("main", "article", "section", "blockquote"), None) is not None


def _plain_style(style: str) -> str:
    """Return a style attribute in lower case, without comments and the spaces that mean nothing."""
    lowered = _CSS_COMMENT.sub("", style).lower()
    return re.sub(r"\s+", " ", re.sub(r"\s*([:;!(,])\s*", r"\1", lowered)).strip()


def _is_note_number(element: "Element") -> bool:
    """Whether an element is the raised number of a footnote, which would else read as part of a figure."""
    return (
        element.tag == "sup"
        and next(element.iterdescendants("a"), None) is not None
        and _NOTE_NUMBER.fullmatch("".join(map(str, element.itertext()))) is not None
    )
