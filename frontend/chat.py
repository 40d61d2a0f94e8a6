"""What happens when somebody asks, opens a source or starts again; knows nothing of Gradio or HTTP.

A session is a value that comes in and goes out, so that nothing of one reader can reach another.
Whatever a browser sends is checked here, because hidden handlers can be called over HTTP too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.errors import CasebookError, DocumentUnknown, QuestionSetError
from assistant.schema import Answer, Document, Turn
from frontend import narrow, panel, render
from frontend.checks import LONGEST_HISTORY, LONGEST_QUESTION, as_filters, as_turns, unfit
from frontend.examples import example_questions, questions_of
from frontend.links import Link, question_link
from frontend.markup import Html, sendable
from frontend.panel import shortened
from frontend.render import Exchange

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

NEXT_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Session:
    """One reader's conversation; ``dropped`` counts the exchanges that are no longer kept, ``only`` are the filters."""

    exchanges: tuple[Exchange, ...] = ()
    dropped: int = 0
    only: narrow.Only = field(default_factory=dict)

    def then(self, exchange: Exchange) -> "Session":
        """Return the session with one more exchange; the oldest go when there are too many."""
        exchanges = (*self.exchanges, exchange)
        surplus = max(0, len(exchanges) - LONGEST_HISTORY)
        return replace(self, exchanges=exchanges[surplus:], dropped=self.dropped + surplus)

    def changed(self, number: int, exchange: Exchange) -> "Session":
        """Return the session with another exchange in the place of one."""
        place = number - self.dropped
        return replace(self, exchanges=(*self.exchanges[:place], exchange, *self.exchanges[place + 1 :]))

    def exchange(self, number: object) -> Exchange | None:
        """Return an exchange by its number, or None where there is none."""
        if not isinstance(number, int):
            return None
        place = number - self.dropped
        return self.exchanges[place] if 0 <= place < len(self.exchanges) else None

    def answer(self, number: object) -> Answer | None:
        """Return the answer of an exchange by its number, or None where there is none."""
        exchange = self.exchange(number)
        return exchange.answer if exchange else None

    def turns(self) -> tuple[Turn, ...]:
        """Return the conversation as the assistant reads it."""
        answered = ((exchange, exchange.answer) for exchange in self.exchanges)
        return tuple(
            turn
            for exchange, answer in answered
            if answer is not None
            for turn in (Turn(role="user", text=exchange.question), Turn(role="assistant", text=answer.text))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a reader sees after a step, and what is left in the question box."""

    log: Html
    panel: Html
    session: Session
    draft: str = ""


class Desk:
    """Answers the page's requests with an assistant."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant
        self._examples: tuple[str, tuple[str, ...]] = ("", ())
        self._offers: dict[tuple[str, str], tuple[str, ...]] = {}

    def examples(self) -> tuple[str, ...]:
        """Return the questions to start with, tried again whenever the index has moved on."""
        generation, questions = self._examples
        if generation != self.assistant.generation:
            questions = example_questions(self.assistant)
            self._examples = (self.assistant.generation, questions)
        return questions

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return what questions can be narrowed to: the values of each filter that the case studies have."""
        return narrow.choices(self.assistant.documents())

    def narrowed(self, session: Session, field: object, value: object) -> tuple[Session, Html]:
        """Return a session that searches fewer case studies, and its filters as HTML."""
        known = self.choices()
        only = narrow.narrowed(session.only, known, field, value)
        return replace(session, only=only), narrow.bar(known, only, opened=True)

    def widened(self, session: Session, field: object, value: object) -> tuple[Session, Html]:
        """Return a session without one of its filters, and the filters as HTML."""
        only = narrow.widened(session.only, field, value)
        return replace(session, only=only), narrow.bar(self.choices(), only)

    def start(self, only: narrow.Only | None = None) -> Screen:
        """Return the screen of a conversation that has not begun."""
        session = Session(only=dict(only or {}))
        return Screen(log=render.welcome(self.examples()), panel=panel.empty(), session=session)

    def follow(self, link: Link) -> Iterator[Screen]:
        """Yield the screens of what an address asks for: its questions, one after the other."""
        known = self.choices()
        only: narrow.Only = {}
        for name, value in ((name, value) for name, values in link.only.items() for value in values):
            only = narrow.narrowed(only, known, name, value)
        screen = self.start(only)
        yield screen
        for question in link.questions:
            session = screen.session
            for screen in self.ask(question, session):
                yield screen

    def ask(self, question: object, session: Session, *, alone: bool = False) -> Iterator[Screen]:
        """Yield the screens of an answer: the question, each sentence with its marks, the sources, what to ask next.

        ``alone`` means that nothing is carried over from the questions before it.
        """
        text = sendable(question).strip() if isinstance(question, str) else ""
        problem = unfit(text)
        if problem:
            yield self._screen(session, Exchange(question=shortened(text), problem=problem), draft=text)
            return
        yield self._screen(session, Exchange(question=text))
        before = [] if alone else [exchange.question for exchange in session.exchanges]
        try:
            answer = self.assistant.ask(text, () if alone else session.turns(), session.only or None)
        except CasebookError as error:
            yield self._screen(session, Exchange(question=text, problem=str(error)), draft=text)
            return
        exchange = Exchange(question=text, answer=answer, link=question_link([*before, text], session.only))
        for shown in range(1, len(answer.sentences) + 1):
            yield self._screen(session, exchange, shown=shown)
        # Found while the answer is being read, and shown with its sources: nothing moves after that.
        yield self._kept(session, replace(exchange, offers=self._next(answer, {text, *before})), answer)

    def _kept(self, session: Session, exchange: Exchange, answer: Answer) -> Screen:
        """Return the screen of an exchange that is now part of the conversation, with its sources beside it."""
        kept = session.then(exchange)
        number = kept.dropped + len(kept.exchanges) - 1
        return Screen(
            log=render.conversation(kept.exchanges, first=kept.dropped),
            panel=panel.listing(number, answer, self.document),
            session=kept,
        )

    def _next(self, answer: Answer, asked: set[str]) -> tuple[str, ...]:
        """Return questions about the same case study that it answers, other than those asked already."""
        if not answer.citations:
            return ()
        name = answer.citations[0].document_id
        key = (answer.generation, name)
        if key not in self._offers:
            document = self.document(name)
            tried = questions_of(document) if document else ()
            self._offers[key] = tuple(one for one in tried if not self.assistant.ask(one).abstained)
        return tuple(islice((one for one in self._offers[key] if one not in asked), NEXT_SHOWN))

    def stopped(self, question: object, session: Session) -> Screen:
        """Return the screen after a reader has stopped a question, which is left in the box."""
        text = shortened(sendable(question).strip()) if isinstance(question, str) else ""
        return self._screen(session, Exchange(question=text, problem="Stopped."), draft=text)

    def _screen(self, session: Session, exchange: Exchange, *, shown: int | None = None, draft: str = "") -> Screen:
        """Return the screen of an exchange that is not, or not yet, part of the conversation."""
        log = render.conversation([*session.exchanges, exchange], shown=shown, first=session.dropped)
        return Screen(log=log, panel=panel.empty(), session=session, draft=draft)

    def document(self, document_id: str) -> Document | None:
        """Return a document, or None where it is gone."""
        try:
            return self.assistant.document(document_id)
        except DocumentUnknown:
            return None

    def sources(self, session: Session, exchange: object) -> Html:
        """Return the panel with the sources of one of the session's answers."""
        answer = session.answer(exchange)
        if answer is None or not isinstance(exchange, int):
            return panel.empty()
        return panel.listing(exchange, answer, self.document, opened=f"{exchange}")

    def open(self, session: Session, exchange: object, number: object) -> Html:
        """Return the panel with a document opened at one of the session's citations or nearest passages."""
        answer = session.answer(exchange)
        if answer is None or not isinstance(exchange, int):
            return panel.empty()
        for place in panel.places(exchange, answer):
            if place.number == number:
                return panel.opened(place, self.document(place.document_id))
        return self.sources(session, exchange)

    def as_json(self, question: object, history: object = None, only: object = None) -> dict[str, Any]:
        """Return an answer in the published contract; raises QuestionSetError for what is not in its form."""
        text = sendable(question) if isinstance(question, str) else None
        if text is None:
            raise QuestionSetError(f"The question is {question!r:.80}, not a text. Send the question as a text.")
        if len(text) > LONGEST_QUESTION:
            raise QuestionSetError(unfit(text))
        return self.assistant.ask(text, as_turns(history), as_filters(only)).to_json()
