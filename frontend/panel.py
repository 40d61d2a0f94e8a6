"""The sources panel as HTML: the cards of an answer, and a document opened at a quote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from assistant.schema import Answer, Citation, Document, Hit, Source
from frontend.dates import plain_date
from frontend.markup import Html, element, join, outside_link
from frontend.reader import body, window
from frontend.render import PANEL_ID

Lookup = Callable[[str], Document | None]
CONTEXT = 220
NEAREST = 5
STEP = Html(' <span aria-hidden="true">›</span> ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a card or an opened document stands: a span, and how it is named."""

    exchange: int
    number: int
    citation: Citation | None
    document_id: str
    start: int
    end: int
    quote: str
    heading: tuple[str, ...]
    page: int | None


def cited(exchange: int, citation: Citation) -> Place:
    """Return the place of a citation."""
    return Place(
        exchange=exchange,
        number=citation.number,
        citation=citation,
        document_id=citation.document_id,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        heading=citation.heading,
        page=citation.page,
    )


def nearest(exchange: int, hit: Hit) -> Place:
    """Return the place of a passage that is near a question, but no answer to it."""
    passage = hit.passage
    return Place(
        exchange=exchange,
        number=hit.rank,
        citation=None,
        document_id=passage.document_id,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
        heading=passage.heading_path,
        page=passage.page,
    )


def places(exchange: int, answer: Answer) -> list[Place]:
    """Return what the panel lists for an answer: its citations, or the nearest passages of a refusal."""
    if answer.abstained:
        return [nearest(exchange, hit) for hit in answer.hits[:NEAREST]]
    return [cited(exchange, citation) for citation in answer.citations]


def frame(title: str, *children: str, opened: str = "") -> Html:
    """Return the panel: a named region; ``opened`` names what it was opened at, which then takes focus."""
    heading = element("h2", title, class_="cb-panel-title", id="cb-panel-title", tabindex="-1")
    return element(
        "section",
        heading,
        *children,
        id=PANEL_ID,
        class_="cb-panel",
        aria_labelledby="cb-panel-title",
        data_opened=opened or None,
    )


def empty() -> Html:
    """Return the panel before there is an answer."""
    return frame("Sources", element("p", "The passages that an answer rests on are listed here.", class_="cb-quiet"))


def listing(exchange: int, answer: Answer, lookup: Lookup, *, opened: str = "") -> Html:
    """Return the cards of an answer's citations, or of the nearest passages of a refusal."""
    cards = [card(place, lookup(place.document_id)) for place in places(exchange, answer)]
    if answer.abstained:
        title = "Nearest passages, not an answer" if cards else "Sources"
        near = "These came closest to the question, but do not answer it."
        note = near if cards else "There is nothing to show."
        return frame(title, element("p", note, class_="cb-quiet"), element("ol", *cards), opened=opened)
    return frame("Sources", element("ol", *cards), opened=opened)


def card(place: Place, document: Document | None) -> Html:
    """Return one source: what it is, the quote in its context, its date and its address."""
    opener = element(
        "a",
        "Read in the document",
        href=f"#{PANEL_ID}",
        class_="cb-link",
        data_act="open",
        data_exchange=place.exchange,
        data_citation=place.number,
        aria_label=f"Read in the document: {title_of(place, document)}, passage {place.number}",
    )
    return element(
        "li",
        head(place, document),
        excerpt(place, document),
        sources(place, document),
        element("p", opener, class_="cb-card-foot") if document else Html(),
        class_="cb-card",
    )


def title_of(place: Place, document: Document | None) -> str:
    """Return a place's document title, or its id where nothing better is known."""
    named = place.citation.title if place.citation else document.title if document else ""
    return named or place.document_id


def head(place: Place, document: Document | None) -> Html:
    """Return the title with its mark, the collaborative, the heading path and the page."""
    title = title_of(place, document)
    collaborative = place.citation.collaborative if place.citation else ""
    if not place.citation and document:
        collaborative = document.metadata.collaborative
    # The title of the document often heads its own heading path, and need not be read twice.
    path = [part for part in place.heading if part != title]
    page = [f"page {place.page}"] if place.page is not None else []
    where = [element("span", part) for part in [*path, *page]]
    number = element("span", f"[{place.number}]", class_="cb-number") if place.citation else Html()
    named = collaborative if collaborative and collaborative.casefold() not in title.casefold() else ""
    return element(
        "header",
        element("h3", number, element("span", title), dir="auto"),
        element("p", named, class_="cb-collaborative") if named else Html(),
        element("p", join(where, STEP), class_="cb-path") if where else Html(),
    )


def current(place: Place, document: Document | None) -> Document | None:
    """Return the document if the span still holds the quote, and None where it was changed or withdrawn."""
    if document is None or document.text[place.start : place.end] != place.quote:
        return None
    return document if place.citation is None or place.citation.sha256 == document.sha256 else None


def excerpt(place: Place, document: Document | None) -> Html:
    """Return the quote in the context of its paragraph; nearest passages are not marked as quotes."""
    document = current(place, document)
    before = after = ""
    if document and place.citation:
        before, after = context(document.text, place.start, place.end)
    quote = element("mark", place.quote) if place.citation else element("span", preview(place))
    return element("blockquote", before, quote, after, class_="cb-excerpt", dir="auto")


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after a span in its own line, cut at a word where it is long."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    before, after = text[line_start:start], text[end : line_end if line_end >= 0 else len(text)]
    if len(before) > CONTEXT:
        before = "… " + before[-CONTEXT:].partition(" ")[2]
    if len(after) > CONTEXT:
        after = after[:CONTEXT].rpartition(" ")[0] + " …"
    return before, after


def preview(place: Place) -> str:
    """Return the beginning of a passage without the headings that stand above it anyway."""
    lines = (line for line in place.quote.splitlines() if line)
    return shortened("\n".join(dropwhile(lambda line: line in place.heading, lines)))


def shortened(text: str) -> str:
    """Return the beginning of a passage, cut at a word."""
    return text if len(text) <= 2 * CONTEXT else text[: 2 * CONTEXT].rpartition(" ")[0] + " …"


def sources(place: Place, document: Document | None) -> Html:
    """Return the list of what a span rests on: title, publisher, date or "undated", and the address."""
    if place.citation:
        known: Sequence[Source] = place.citation.sources
        address = place.citation.source_url
    else:
        known = document.sources_at(place.start, place.end) if document else ()
        address = document.metadata.source_url if document else ""
    if not known:
        date = document.metadata.date if document else ""
        known = (Source(key="", title="", url=address, date=date),)
    return element("ul", *(source_line(source) for source in known), class_="cb-sources")


def source_line(source: Source) -> Html:
    """Return one source in a line; its title leads to the original."""
    date = plain_date(source.date) if source.date else "undated"
    title = source.title or source.url
    name = [outside_link(source.url, title)] if title else []
    return element("li", join([*name, *filter(None, [source.publisher, date])], ", "))


def opened(place: Place, document: Document | None) -> Html:
    """Return the panel with a document opened at a place, or the quote alone where it no longer fits."""
    target = f"{place.exchange}-{place.number}"
    every = element("a", "All sources", href=f"#{PANEL_ID}", data_act="sources", data_exchange=place.exchange)
    answer = f"#cb-exchange-{place.exchange}"
    back = element("a", "Back to the answer", href=answer, data_act="return", data_target=target)
    nav = element("nav", every, back, class_="cb-ways", aria_label="Sources")
    bar = element("div", nav, head(place, document), class_="cb-bar")
    about = element("div", sources(place, document), class_="cb-about")
    shown = current(place, document)
    title = "Source" if place.citation else "Nearest passage, not an answer"
    if shown is None:
        changed = "This document has changed or gone since the answer. The quote is shown as it was."
        note = element("p", changed, class_="cb-problem")
        return frame(title, bar, about, note, excerpt(place, None), opened=target)
    low, high = window(shown.text, place.start, place.end)
    cut = "Only the part of the document around the passage is shown."
    parts = [element("p", cut, class_="cb-quiet")] if high - low < len(shown.text) else []
    text = body(shown, low, high, (place.start, place.end), "mark" if place.citation else "span")
    return frame(title, bar, about, *parts, text, opened=target)
