"""What happens when somebody asks, opens a source or starts again; knows nothing of Gradio or HTTP.

A session is a value that comes in and goes out, so that nothing of one reader can reach another.
Whatever a browser sends is checked here, because hidden handlers can be called over HTTP too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import CasebookError, DocumentUnknown, QuestionSetError
from assistant.schema import REASONS, Answer, Document, Turn
from frontend import panel, render
from frontend.examples import example_questions
from frontend.markup import Html, sendable
from frontend.narrow import choices
from frontend.panel import shortened
from frontend.render import Exchange

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

LONGEST_QUESTION = 2_000
LONGEST_HISTORY = 40
ROLES = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Session:
    """One reader's conversation; ``dropped`` counts the exchanges that are no longer kept."""

    exchanges: tuple[Exchange, ...] = ()
    dropped: int = 0

    def then(self, exchange: Exchange) -> "Session":
        """Return the session with one more exchange; the oldest go when there are too many."""
        exchanges = (*self.exchanges, exchange)
        surplus = max(0, len(exchanges) - LONGEST_HISTORY)
        return Session(exchanges[surplus:], self.dropped + surplus)

    def answer(self, number: int) -> Answer | None:
        """Return the answer of an exchange by its number, or None where there is none."""
        place = number - self.dropped
        return self.exchanges[place].answer if 0 <= place < len(self.exchanges) else None

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

    def examples(self) -> tuple[str, ...]:
        """Return the questions to start with, tried again whenever the index has moved on."""
        generation, questions = self._examples
        if generation != self.assistant.generation:
            questions = example_questions(self.assistant)
            self._examples = (self.assistant.generation, questions)
        return questions

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return what questions can be narrowed to: the values of each filter that the case studies have."""
        return choices(self.assistant.documents())

    def start(self) -> Screen:
        """Return the screen of a conversation that has not begun."""
        return Screen(log=render.welcome(self.examples()), panel=panel.empty(), session=Session())

    def ask(self, question: object, session: Session) -> Iterator[Screen]:
        """Yield the screens of an answer: the question, each sentence with its marks, the sources."""
        text = sendable(question).strip() if isinstance(question, str) else ""
        problem = unfit(text)
        if problem:
            yield self._screen(session, Exchange(question=shortened(text), problem=problem), draft=text)
            return
        yield self._screen(session, Exchange(question=text))
        try:
            answer = self.assistant.ask(text, session.turns())
        except CasebookError as error:
            yield self._screen(session, Exchange(question=text, problem=str(error)), draft=text)
            return
        exchange = Exchange(question=text, answer=answer)
        for shown in range(1, len(answer.sentences)):
            yield self._screen(session, exchange, shown=shown)
        kept = session.then(exchange)
        number = kept.dropped + len(kept.exchanges) - 1
        yield Screen(
            log=render.conversation(kept.exchanges, first=kept.dropped),
            panel=panel.listing(number, answer, self.document),
            session=kept,
        )

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
        answer = session.answer(exchange) if isinstance(exchange, int) else None
        if answer is None or not isinstance(exchange, int):
            return panel.empty()
        return panel.listing(exchange, answer, self.document, opened=f"{exchange}")

    def open(self, session: Session, exchange: object, number: object) -> Html:
        """Return the panel with a document opened at one of the session's citations or nearest passages."""
        answer = session.answer(exchange) if isinstance(exchange, int) else None
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


def unfit(question: str) -> str:
    """Return why a question cannot be asked, in words; empty where it can."""
    if not question:
        return REASONS["empty_question"] + " Type one below."
    if len(question) > LONGEST_QUESTION:
        return (
            f"The question has {len(question):,} characters, and at most {LONGEST_QUESTION:,} are read. "
            "Shorten it and ask again."
        )
    return ""


def as_turns(history: object) -> tuple[Turn, ...]:
    """Return a history as sent, ``[{role, text}]``; raises QuestionSetError for anything else."""
    if history is None:
        return ()
    wrong = "The history is not in its form. Send a list of {role: user or assistant, text}, at most "
    if not isinstance(history, Sequence) or isinstance(history, str) or len(history) > 2 * LONGEST_HISTORY:
        raise QuestionSetError(f"{wrong}{2 * LONGEST_HISTORY} turns.")
    turns = []
    for turn in history:
        role, text = (turn.get("role"), turn.get("text")) if isinstance(turn, Mapping) else (None, None)
        if role not in ROLES or not isinstance(text, str) or len(text) > 10 * LONGEST_QUESTION:
            raise QuestionSetError(f"{wrong}{10 * LONGEST_QUESTION:,} characters a turn; one is {turn!r:.80}.")
        turns.append(Turn(role=str(role), text=sendable(text)))
    return tuple(turns)


def as_filters(only: object) -> dict[str, tuple[str, ...]]:
    """Return filters as sent, ``{field: [value, …]}``; raises QuestionSetError for anything else."""
    if only is None:
        return {}
    if not isinstance(only, Mapping) or not all(isinstance(field, str) for field in only):
        raise QuestionSetError(f"The filters are {only!r:.80}. Send them as {{field: [value, …]}}.")
    filters = {}
    for field, values in only.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise QuestionSetError(f"The filter {field!r:.40} is {values!r:.80}. Send a list of texts.")
        filters[field] = tuple(sendable(value) for value in values)
    return filters
