"""The library as HTML: every case study with its facts at a glance, what a search finds, and a reading view."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from assistant.schema import Document, Hit, Source
from frontend.dates import plain_date
from frontend.links import document_link
from frontend.markup import Html, element, join
from frontend.panel import nearest, preview, source_line
from frontend.reader import WHOLE, body
from frontend.render import counted

TOPICS_SHOWN = 8
CONTENTS = "cb-at-"
PER_DOCUMENT = 3
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# A heading of this level or higher is listed in the contents; deeper ones would make it longer than the text.
_DEEPEST = 3

# The days, in ISO form, on which a document came in and last changed.
Days = tuple[str, str]


def listing(
    documents: Sequence[Document],
    own: Collection[str] = (),
    notice: str = "",
    *,
    days: Mapping[str, Days] | None = None,
    since: str = "",
) -> Html:
    """Return all case studies, or those that came in or changed ``since`` a day (ISO form), the newest first.

    ``own`` are those that can be removed here, because they were uploaded here; ``days`` tells since when each is here.
    """
    known = days or {}
    shown = list(documents)
    if since:
        shown = [document for document in documents if document.id in known and known[document.id][1] >= since]
        shown.sort(key=lambda document: known[document.id][1], reverse=True)
    cards = [card(document, known.get(document.id), removable=document.id in own) for document in shown]
    count = element("p", *counting(len(cards), since), class_="cb-quiet", id="cb-library-count")
    return frame("", notice, changes(since) if known else Html(), count, element("ul", *cards, class_="cb-shelf"))


def counting(number: int, since: str) -> list[str]:
    """Return how many documents there are, or came in or changed since a day."""
    if not since:
        return [counted(number, "document"), "."]
    every = element("a", "Show all documents", href="/?view=library", class_="cb-link", data_act="shelf")
    return [f"{counted(number, 'document')} new or changed since {plain_date(since)}. ", every]


def changes(since: str) -> Html:
    """Return the form that asks what has changed since a day."""
    day = element("input", id="cb-since", name="day", type="date", value=since, required=True)
    button = element("button", "Show what changed", type="submit", class_="cb-plain-button")
    inside = element("div", element("label", "New or changed since", for_="cb-since"), day, button)
    return element("form", inside, class_="cb-since", data_act="since")


def frame(words: str, *parts: str) -> Html:
    """Return the library with its search box on top."""
    box = element(
        "form",
        element("label", "Search in all documents", for_="cb-find"),
        element(
            "div",
            element("input", id="cb-find", name="words", type="search", value=words, maxlength=300, autocomplete="off"),
            element("button", "Search", type="submit"),
            class_="cb-find-row",
        ),
        class_="cb-find",
        data_act="find",
        role="search",
    )
    heading = element("h2", "Library", class_="cb-view-title", tabindex="-1")
    return element("div", heading, box, element("div", *parts, role="status"), class_="cb-library")


def card(document: Document, days: Days | None, *, removable: bool) -> Html:
    """Return a case study's facts at a glance, and the way into it."""
    remove = element(
        "button",
        "Remove",
        type="button",
        class_="cb-plain-button",
        data_act="remove",
        data_document=document.id,
        aria_label=f"Remove {document.title or document.id}",
    )
    return element(
        "li",
        element("h3", opener(document, 0, document.title or document.id), dir="auto"),
        facts(document, days),
        element("p", remove, class_="cb-card-foot") if removable else Html(),
        class_="cb-book",
    )


def opener(document: Document, start: int, name: str) -> Html:
    """Return the link that opens a document in the reading view."""
    return element(
        "a",
        name,
        href=document_link(document.id, start),
        class_="cb-link",
        data_act="read",
        data_document=document.id,
        data_start=start,
    )


def in_words(days: Days | None) -> str:
    """Return since when a document is here, and when it last changed."""
    if days is None:
        return ""
    added, changed = days
    if not added:
        return f"changed {plain_date(changed)}"
    since = f"since {plain_date(added)}"
    return f"{since}, changed {plain_date(changed)}" if changed != added else since


def facts(document: Document, days: Days | None = None) -> Html:
    """Return what a document says of itself, as terms and values; what it does not say is left out."""
    data = document.metadata
    topics = ", ".join(data.topics[:TOPICS_SHOWN])
    more = len(data.topics) - TOPICS_SHOWN
    rows = [
        ("Collaborative", data.collaborative),
        ("Region", data.region),
        ("Type", data.type),
        ("Population", data.population),
        ("Trusts", "; ".join(data.trusts)),
        ("Topics", f"{topics} and {more} more" if more > 0 else topics),
        ("Sources", dates_of(data.sources)),
        ("Date", plain_date(data.date)),
        ("Reviewed", plain_date(data.reviewed)),
        ("In the library", in_words(days)),
    ]
    pairs = [join([element("dt", name), element("dd", value, dir="auto")]) for name, value in rows if value]
    return element("dl", *(element("div", pair) for pair in pairs), class_="cb-facts")


def dates_of(sources: Sequence[Source]) -> str:
    """Return how many sources there are and from when: ``5 sources, 2021 to 2025, 2 of them undated``."""
    years = sorted({year for source in sources for year in _YEAR.findall(source.date)})
    undated = sum(not source.date for source in sources)
    said = [counted(len(sources), "source")] if sources else []
    said += [f"{years[0]} to {years[-1]}" if len(years) > 1 else years[0]] if years else []
    said += [f"{undated} of them undated" if undated < len(sources) else "undated"] if undated else []
    return ", ".join(said)


def found(words: str, hits: Sequence[Hit], documents: dict[str, Document]) -> Html:
    """Return what a search found, by document in the order of the best passage."""
    order = {name: rank for rank, name in enumerate(dict.fromkeys(hit.passage.document_id for hit in hits))}
    ranked = sorted(hits, key=lambda hit: (order[hit.passage.document_id], hit.rank))
    books = []
    for name, group in groupby(ranked, key=lambda hit: hit.passage.document_id):
        if name in documents:
            parts = [passage(hit, documents[name]) for hit in list(group)[:PER_DOCUMENT]]
            title = documents[name].title or name
            books.append(element("li", element("h3", title, dir="auto"), *parts, class_="cb-book"))
    every = element("a", "Show all documents", href="/?view=library", class_="cb-link", data_act="shelf")
    said = element("p", f"{counted(len(books), 'document')} for “{words}”. ", every, class_="cb-quiet")
    return frame(words, said, element("ol", *books, class_="cb-shelf"))


def passage(hit: Hit, document: Document) -> Html:
    """Return one passage that was found, with the way to its place."""
    where = " › ".join(part for part in hit.passage.heading_path if part != document.title)
    link = opener(document, hit.passage.start, where or "Read here")
    return element("div", element("p", link), element("p", preview(nearest(0, hit)), class_="cb-preview", dir="auto"))


def reading(document: Document, start: int = 0) -> Html:
    """Return a document to read: its facts, its contents, and its text; a long one in parts."""
    parts = divided(document.text)
    at = next((place for place, (_, high) in enumerate(parts) if start < high), len(parts) - 1)
    low, high = parts[at]
    back = element("a", "All documents", href="/?view=library", class_="cb-link", data_act="shelf")
    title = element("h2", document.title or document.id, class_="cb-view-title", tabindex="-1", dir="auto")
    text = body(document, low, high, (0, 0), "span", contents=CONTENTS, first=3)
    ways = part_links(document, parts, at) if len(parts) > 1 else Html()
    address = element("p", "Document ", element("code", document.id), class_="cb-quiet")
    sources = element("ul", *(source_line(source) for source in document.metadata.sources), class_="cb-sources")
    rests = [element("details", element("summary", "Its sources"), sources)] if document.metadata.sources else []
    beside = element("aside", contents(document, low, high), class_="cb-contents-part")
    main = element("article", facts(document), *rests, address, ways, text, ways, class_="cb-reading-text")
    opened = f"{CONTENTS}{heading_at(document, start)}" if start else ""
    return element(
        "div",
        element("nav", back, aria_label="Library", class_="cb-ways"),
        title,
        element("div", beside, main, class_="cb-reading"),
        class_="cb-library",
        data_reading=document.id,
        data_at=opened or None,
    )


def divided(text: str) -> list[tuple[int, int]]:
    """Return the parts in which a text is shown: whole lines, together the whole text, none very long."""
    parts, low = [], 0
    while len(text) - low > WHOLE:
        high = text.rfind("\n", low, low + WHOLE) + 1
        high = high if high > low else low + WHOLE
        parts.append((low, high))
        low = high
    return [*parts, (low, len(text))]


def part_links(document: Document, parts: Sequence[tuple[int, int]], at: int) -> Html:
    """Return the ways to the parts of a long document."""
    links = [
        element("span", f"Part {place + 1}", aria_current="true")
        if place == at
        else opener(document, low, f"Part {place + 1}")
        for place, (low, _) in enumerate(parts)
    ]
    return element("nav", *links, class_="cb-ways", aria_label="Parts of the document")


def heading_at(document: Document, start: int) -> int:
    """Return where the heading begins under which a place stands; 0 where there is none."""
    return max((heading.start for heading in document.headings if heading.start <= start), default=0)


def contents(document: Document, low: int, high: int) -> Html:
    """Return the list of a document's headings; those of the part shown lead within the page."""
    items = []
    for heading in document.headings:
        if heading.level > _DEEPEST or heading.title == document.title:
            continue
        if low <= heading.start < high:
            link = element("a", heading.title, href=f"#{CONTENTS}{heading.start}", data_act="jump")
        else:
            link = opener(document, heading.start, heading.title)
        items.append(element("li", link, class_=f"cb-level-{heading.level}", dir="auto"))
    if not items:
        return Html()
    folded = element("details", element("summary", "Contents"), element("ul", *items), open=True)
    return element("nav", folded, class_="cb-contents", aria_label="Contents")
