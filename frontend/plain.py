"""``/plain``: asking and reading with HTML alone, no script and nothing loaded, over the same desk as the page.

What a reader has chosen stands in the address: the question, the questions before it and the filters. So an address
asks the same question again, and nothing is kept here.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from assistant.errors import CasebookError
from assistant.filters import FILTERS
from assistant.schema import REASONS, Answer, Document, Sentence, Turn
from frontend import panel, reader
from frontend.chat import Desk
from frontend.checks import unfit
from frontend.markup import Html, element, sendable, style_element, whole_page
from frontend.purpose import INTENDED_USE
from frontend.render import counted, noted, searched_line

STYLE = (Path(__file__).parent / "plain.css").read_text(encoding="utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ADDRESS = "/plain"
MOST_EARLIER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an address asks for: a question, those before it, and filters; a ``problem`` where it cannot be asked."""

    question: str = ""
    earlier: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] | None = None
    problem: str = ""


def wish_from(pairs: Iterable[tuple[str, str]]) -> Wish:
    """Return what the query part of an address asks for; unknown names are passed over."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        text = sendable(value).strip()
        if text:
            given.setdefault(name, []).append(text)
    question = given.get("q", [""])[0]
    earlier = tuple(given.get("earlier", ())[-MOST_EARLIER:])
    # What would be too long to ask is too long as an earlier question or as a filter too.
    problem = next(filter(None, (unfit(text) for texts in given.values() for text in texts)), "")
    only = {name: tuple(given[name]) for name in FILTERS if name in given}
    return Wish(question=question, earlier=() if problem else earlier, only=only, problem=problem)


def page(title: str, *parts: str) -> Html:
    """Return a whole page of ours."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        style_element(STYLE),
    )
    ways = element(
        "nav",
        element("a", "Ask", href=ADDRESS),
        element("a", "Library", href=f"{ADDRESS}/library"),
        element("a", "The full page", href="/"),
        aria_label="Casebook",
    )
    use = element("p", INTENDED_USE, class_="cb-quiet")
    body = element("body", element("header", element("h1", "Casebook"), use, ways), element("main", *parts))
    return whole_page(head, body)


def ask_page(desk: Desk, wish: Wish) -> Html:
    """Return the page that asks, with the answer to what was asked."""
    parts: list[str] = []
    if wish.problem:
        parts.append(element("div", element("p", wish.problem), class_="refused", role="alert"))
    elif wish.question:
        history = [Turn(role="user", text=text) for text in wish.earlier]
        try:
            answer = desk.assistant.ask(wish.question, history, wish.only or None)
        except CasebookError as error:
            parts.append(element("div", element("p", str(error)), class_="refused", role="alert"))
        else:
            parts += answer_parts(answer, desk)
    title = f"{wish.question[:80]} – Casebook" if wish.question else "Casebook"
    return page(title, *parts, form(desk, wish), *starters(desk, wish))


def answer_parts(answer: Answer, desk: Desk) -> list[Html]:
    """Return a question with its answer or refusal, and the list of what it rests on."""
    asked = element("h2", answer.question, dir="auto")
    places = panel.places(0, answer)
    cards = [card(place, desk.document(place.document_id)) for place in places]
    listed = element("ol", *cards, class_="cards")
    if answer.abstained:
        reason = REASONS[answer.reason] if answer.reason else ""
        said = [element("p", element("strong", "No answer"))]
        said += [element("p", reason)] if reason not in answer.text else []
        refused = element("div", searched_line(answer), *said, element("p", answer.text, dir="auto"), class_="refused")
        near = [element("h2", "Nearest passages, not an answer"), listed] if cards else []
        return [asked, refused, *near]
    said = [searched_line(answer)]
    for name, sentences in answer.groups:
        said += [element("h3", name)] if name else []
        said += map(sentence_part, sentences)
    answered = element("div", *said, *noted(answer), class_="answer")
    return [asked, answered, element("h2", counted(len(cards), "passage")), listed]


def sentence_part(sentence: Sentence) -> Html:
    """Return a sentence and its marks, each of which leads to its source below."""
    marks = [
        element("a", f"[{number}]", href=f"#source-{number}", aria_label=f"[{number}] source")
        for number in sentence.citations
    ]
    return element("p", element("span", sentence.text), element("span", *marks, class_="marks"), dir="auto")


def card(place: panel.Place, document: Document | None) -> Html:
    """Return a source: its name, the quote in its context, where it comes from and the way to read on."""
    where = urlencode({"id": place.document_id, "start": place.start, "end": place.end, "sha256": sha_of(place)})
    name = f"Read in the document: {panel.title_of(place, document)}, passage {place.number}"
    opener = element("a", "Read in the document", href=f"{ADDRESS}/source?{where}#quote", aria_label=name)
    return element(
        "li",
        panel.head(place, document),
        panel.excerpt(place, document),
        panel.sources(place, document),
        element("p", opener) if document else Html(),
        class_="card",
        id=f"source-{place.number}",
    )


def sha_of(place: panel.Place) -> str:
    """Return the hash of the text that a place was cited from; empty for a passage that is only near."""
    return place.citation.sha256 if place.citation else ""


def form(desk: Desk, wish: Wish) -> Html:
    """Return the form: a question box, the filters, and what was asked before for a follow-up to lean on."""
    asked = (*wish.earlier, wish.question) if wish.question and not wish.problem else wish.earlier
    kept = [element("input", type="hidden", name="earlier", value=text) for text in asked[-MOST_EARLIER:]]
    label = "Ask a follow-up, or something else" if kept else "Your question"
    box = element("textarea", wish.question if wish.problem else "", id="q", name="q", rows=3, required=True)
    chosen = wish.only or {}
    selects = [select(name, values, chosen.get(name, ())) for name, values in desk.choices().items()]
    narrow = element("details", element("summary", "Search only some case studies"), *selects, open=bool(chosen))
    button = element("button", "Ask", type="submit")
    return element("form", *kept, element("label", label, for_="q"), box, narrow, button, action=ADDRESS, method="get")


def select(name: str, values: Sequence[str], chosen: Sequence[str]) -> Html:
    """Return one filter as a list to choose from."""
    options = [element("option", f"Any {name}", value="")]
    options += [element("option", value, value=value, selected=value in chosen) for value in values]
    return element(
        "div", element("label", name.capitalize(), for_=name), element("select", *options, id=name, name=name)
    )


def starters(desk: Desk, wish: Wish) -> list[Html]:
    """Return the questions to start with, where nothing was asked yet."""
    if wish.question or wish.problem:
        return [element("p", element("a", "New conversation", href=ADDRESS))]
    links = [
        element("li", element("a", question, href=f"{ADDRESS}?{urlencode({'q': question})}"))
        for question in desk.examples()
    ]
    return [element("h2", "Questions to start with"), element("ul", *links)] if links else []


def shelf_page(documents: Sequence[Document]) -> Html:
    """Return the list of all case studies."""
    rows = []
    for document in documents:
        link = element("a", document.title or document.id, href=f"{ADDRESS}/source?{urlencode({'id': document.id})}")
        data = document.metadata
        facts = " · ".join(filter(None, [data.region, data.type, data.population]))
        rows.append(
            element("li", element("h3", link, dir="auto"), element("p", facts, class_="cb-quiet"), class_="card")
        )
    return page("Library – Casebook", element("h2", f"Library: {counted(len(rows), 'document')}"), element("ul", *rows))


def source_page(document: Document, start: int, end: int, sha256: str) -> Html:
    """Return a document, whole or around a span, with the span marked if the text is still the one cited from."""
    fits = 0 <= start < end <= len(document.text) and sha256 in ("", document.sha256)
    span = (start, end) if fits else (0, 0)
    low, high = reader.window(document.text, *span)
    title = element("h2", document.title or document.id, dir="auto", id=None if fits else "quote")
    notes = [] if fits or not end else [element("p", "This document has changed since the answer.", class_="refused")]
    cut = element("p", "Only a part of the document is shown.", class_="cb-quiet")
    notes += [cut] if high - low < len(document.text) else []
    shown = reader.body(document, low, high, span, "mark", anchor="quote", first=3)
    about = element("ul", *(panel.source_line(source) for source in document.metadata.sources), class_="cb-sources")
    sources = [element("h2", "Sources of this document"), about] if document.metadata.sources else []
    return page(f"{document.title} – Casebook", title, *notes, shown, *sources)


def message_page(title: str, words: str) -> Html:
    """Return a page that says one thing."""
    return page(f"{title} – Casebook", element("h2", title), element("p", words))
