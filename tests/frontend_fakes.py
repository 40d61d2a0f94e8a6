"""An assistant of known words for the front end's tests, and a way to serve it (also as a process)."""

import asyncio
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.errors import DocumentUnknown, IndexDamaged
from assistant.schema import (
    REASONS,
    Answer,
    Citation,
    Document,
    Heading,
    Hit,
    Metadata,
    Passage,
    Sentence,
    Source,
    SourceMark,
    Turn,
    sha256_of,
)
from assistant.settings import Settings
from frontend import guard, server

BACKLOG = "How did the Anytown Collaborative cut its backlog?"
LESSONS = "What lessons does the Anytown Collaborative share with others?"
REFUSED = "Who won the cup?"
BROKEN = "What breaks?"
HOSTILE = "What does the hostile page say?"
SENTENCES = (
    "The Anytown Collaborative opened a hub for hips & knees in May 2023.",
    "Its waiting list fell from 1,200 to <300> in a year.",
    "Surgeons moved between the trusts on one passport.",
)


def document(identifier: str, blocks: Sequence[tuple[int, str]], **metadata: object) -> Document:
    """Make a document of blocks: (level, text), level 0 a paragraph and -1 a list item."""
    text, headings, marks, before = "", [], [], 0
    for level, words in blocks:
        if text:
            text += "\n" if level == before == -1 else "\n\n"
        start = len(text)
        text += words
        if level > 0:
            headings.append(Heading(start=start, end=len(text), level=level, title=words))
        else:
            marks.append(SourceMark(start=start, end=len(text), keys=("A",)))
        before = level
    return Document(
        id=identifier,
        sha256=sha256_of(text),
        title=blocks[0][1],
        text=text,
        headings=tuple(headings),
        marks=tuple(marks),
        metadata=Metadata(**metadata),  # type: ignore[arg-type]
    )


ANYTOWN = document(
    "anytown.md",
    [
        (1, "The Anytown Collaborative"),
        (2, "Results"),
        (0, f"Long ago there was a queue. {SENTENCES[0]} {SENTENCES[1]} It is [9] said to last."),
        (2, "Lessons for others"),
        (0, "Leaders name two lessons:"),
        (-1, SENTENCES[2]),
        (-1, "Talk early."),
        *((0, f"Paragraph {number} of filler, so that the page is long enough to scroll.") for number in range(60)),
    ],
    collaborative="Anytown Collaborative",
    aliases=("Anytown",),
    region="South West",
    type="acute",
    population="600,000",
    trusts=("North Anytown NHS Trust", "South Anytown NHS Trust"),
    topics=("elective recovery", "workforce"),
    sources=(
        Source(
            key="A",
            title="News: the hub opens",
            publisher="Anytown Trust",
            url="https://example.org/hub",
            date="2023-05-02",
        ),
    ),
)
HOSTILE_SENTENCE = "<img src=x onerror=alert(1)> [link](http://evil.example) ${7*7} {{value}} </p></script>"
HOSTILE_PAGE = document(
    "evil'\"><script>alert(2)</script>.md",
    [(1, '<b>Hostile</b> & "quoted" ${alert(3)}'), (0, HOSTILE_SENTENCE), (0, "https://evil.example/auto")],
    collaborative="<svg onload=alert(4)>",
    sources=(
        Source(key="A", title="javascript link", url="javascript:alert(5)", publisher="<i>us</i>", date="<u>now</u>"),
    ),
)


def citation(number: int, page: Document, quote: str) -> Citation:
    """Cite the first place of a quote in a document."""
    start = page.text.index(quote)
    end = start + len(quote)
    return Citation(
        number=number,
        document_id=page.id,
        sha256=page.sha256,
        title=page.title,
        collaborative=page.metadata.collaborative,
        sources=page.sources_at(start, end),
        source_url=page.metadata.source_url,
        heading=page.heading_path(start),
        page=page.page_at(start),
        start=start,
        end=end,
        quote=quote,
    )


def answer(
    question: str,
    page: Document,
    quotes: Sequence[str],
    *,
    searched_for: str = "",
    carried: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Answer:
    """Make an answer whose sentences are quotes."""
    citations = tuple(citation(number, page, quote) for number, quote in enumerate(quotes, 1))
    return Answer(
        question=question,
        searched_for=searched_for or question,
        carried=carried,
        notes=notes,
        text=" ".join(quotes),
        sentences=tuple(Sentence(text=quote, citations=(number,)) for number, quote in enumerate(quotes, 1)),
        citations=citations,
        hits=(hit(page, 1),),
        timings_ms={"total": 1.0},
        generation="gen-1",
    )


TWO_BODIES = tuple(
    document(f"{name}.md", [(0, f"{name} has a board.")], collaborative=f"The {name} Group")
    for name in ("Ayton", "Beeton")
)


def several() -> Answer:
    """Make an answer about two bodies: a sentence of the one, two of the other."""
    one, other = TWO_BODIES
    citations = (citation(1, one, one.text), citation(2, other, other.text))
    return replace(
        answer("Who has a board?", one, [one.text]),
        citations=citations,
        sentences=tuple(Sentence(text=c.quote, citations=(c.number,)) for c in (*citations, citations[1])),
    )


def hit(page: Document, rank: int) -> Hit:
    """Make a hit of a document's first paragraph."""
    start = page.marks[0].start
    end = page.marks[0].end
    passage = Passage(
        id=f"{page.id}#{start}-{end}",
        document_id=page.id,
        start=start,
        end=end,
        heading_path=page.heading_path(start),
        page=None,
        text=page.text[start:end],
    )
    return Hit(passage=passage, score=0.5, rank=rank)


class FakeAssistant:
    """Answers three questions, fails at one, refuses the rest; remembers what it was asked."""

    generation = "gen-1"

    def __init__(self, *pages: Document) -> None:
        self.pages = {page.id: page for page in (pages or (ANYTOWN, HOSTILE_PAGE))}
        self.asked: list[tuple[str, tuple[Turn, ...], Mapping[str, Sequence[str]]]] = []

    def documents(self) -> tuple[Document, ...]:
        return tuple(page for _, page in sorted(self.pages.items()))

    def days(self) -> dict[str, tuple[str, str]]:
        return {"anytown.md": ("2026-11-01", "2026-11-20")}

    def document(self, document_id: str) -> Document:
        if document_id not in self.pages:
            raise DocumentUnknown(f"There is no document {document_id!r}.")
        return self.pages[document_id]

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        only: Mapping[str, Sequence[str]] | None = None,
        *,
        distinct: int = 10,
    ) -> Answer:
        self.asked.append((question, tuple(history), dict(only or {})))
        if question == BROKEN:
            raise IndexDamaged("The index <is> damaged. Run rebuild.")
        if question == HOSTILE:
            return answer(question, HOSTILE_PAGE, [HOSTILE_SENTENCE])
        if question in (BACKLOG, LESSONS):
            return answer(question, ANYTOWN, SENTENCES)
        if question == "And then?":
            return answer(question, ANYTOWN, SENTENCES[:1], searched_for=f"And then? {BACKLOG}")
        if question.startswith("And hips?"):
            carried = ("Anytown", "backlog") if history else ()
            searched = f"{question} ({', '.join(carried)})" if carried else question
            return answer(question, ANYTOWN, SENTENCES[:1], searched_for=searched, carried=carried)
        return Answer(
            question=question,
            searched_for=question,
            text=REASONS["not_in_corpus"] + " They do not mention the cup.",
            reason="not_in_corpus",
            hits=(hit(ANYTOWN, 1),),
            generation="gen-1",
        )

    def search(
        self, question: str, *, limit: int = 10, only: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[Hit, ...]:
        pages = [page for page in self.documents() if question.casefold() in page.text.casefold()]
        return tuple(hit(page, rank) for rank, page in enumerate(pages, 1))[:limit]


def make_app(assistant: Any, index: Path, *, local: bool = True) -> tuple[guard.Guard, Any]:
    """Return the application over a fake, and what is behind it."""
    from frontend.office import open_office
    from frontend.page import build_page

    async def build() -> tuple[guard.Guard, Any]:
        settings = Settings(index=index, corpus=index / "corpus")
        office = open_office(assistant, settings, local=local)
        if isinstance(assistant, FakeAssistant):  # it has no index that could say what it is made of
            office.evaluator.provenance = lambda name, _: {"set": name}
        return server.build_app(office, build_page(office), settings), office

    # Where no event loop runs, Gradio makes some and leaves them unclosed, which the tests take for a fault; and where
    # a browser is open, Playwright's own runs in this thread already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(build())).result()


@contextmanager
def served(assistant: Any, *, index: Path | None = None, local: bool = True) -> Iterator[str]:
    """Serve an assistant in a thread; gives its address."""
    with server.quiet_environment(), TemporaryDirectory() as folder:
        claimed = server.claim("127.0.0.1", 0)
        app, office = make_app(assistant, index or Path(folder), local=local)
        running = server.make_server(app, claimed)
        thread = threading.Thread(target=running.run, args=([claimed],))
        address = server.address_of(claimed)
        thread.start()
        try:
            while not running.started and thread.is_alive():
                threading.Event().wait(0.02)
            yield address
        finally:
            running.should_exit = True
            thread.join(20)
            office.uploads.close()


def main(port: int) -> None:
    """Serve a fake as a process, as ui.py serves the real one."""
    server.end_on_signals()
    with suppress(KeyboardInterrupt), server.quiet_environment(), TemporaryDirectory() as folder:
        claimed = server.claim("127.0.0.1", port)
        server.make_server(make_app(FakeAssistant(), Path(folder))[0], claimed).run([claimed])


if __name__ == "__main__":
    main(int(sys.argv[1]))


class SlowAssistant(FakeAssistant):
    """Answers at once, but after ``let.clear()`` only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.let.set()

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        only: Mapping[str, Sequence[str]] | None = None,
        *,
        distinct: int = 10,
    ) -> Answer:
        self.let.wait(60)
        return super().ask(question, history, only, distinct=distinct)
