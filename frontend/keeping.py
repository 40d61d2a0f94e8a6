"""What a reader keeps: answers as files, verdicts on them, and which conversations this browser has had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from assistant.schema import Answer
from frontend.chat import Session
from frontend.downloads import Downloads
from frontend.export import FORMATS, Pack, exported
from frontend.feedback import REASONS, VERDICTS, Feedback
from frontend.links import MOST_QUESTIONS, question_link
from frontend.markup import Html, element, sendable
from frontend.narrow import FIELDS
from frontend.tools import Verdict

MOST_PAST = 20
LONGEST = 2_000
# A conversation as the browser keeps it: only what was asked; answers are found anew.
Past = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Makes files of answers and keeps verdicts; whatever a browser sends is checked here."""

    downloads: Downloads
    feedback: Feedback
    settings: Mapping[str, Any]

    def export(self, session: Session, number: object, kind: object) -> Html:
        """Return the link that fetches a conversation up to an answer as a file; nothing where there is no such."""
        answers = upto(session, number)
        if not answers or not isinstance(kind, str) or kind not in FORMATS:
            return Html()
        pack = Pack(answers=answers, made=datetime.now(UTC), settings=self.settings, filters=session.only)
        file = exported(pack, kind)
        return element(
            "a", file.name, href=self.downloads.put(file), download=file.name, class_="cb-download", tabindex="-1"
        )

    def rate(self, session: Session, number: object, verdict: object, reason: object) -> Session:
        """Return a session in which an answer has a verdict, which is kept. Raises CasebookError."""
        exchange = session.exchange(number)
        if exchange is None or exchange.answer is None or verdict not in VERDICTS or not isinstance(number, int):
            return session
        way, why = str(verdict), reason if isinstance(reason, str) and reason in REASONS else ""
        if exchange.verdict is None:
            before = replace(session, exchanges=session.exchanges[: number - session.dropped]).turns()
            kept = self.feedback.note(exchange.answer, way, history=before, only=session.only)
        else:
            kept = exchange.verdict.number
        self.feedback.change(kept, way, why)
        return session.changed(number, replace(exchange, verdict=Verdict(number=kept, verdict=way, reason=why)))


def upto(session: Session, number: object) -> tuple[Answer, ...]:
    """Return the answers of a conversation up to one of them; none where there is no such answer."""
    if not isinstance(number, int) or session.answer(number) is None:
        return ()
    held = session.exchanges[: number - session.dropped + 1]
    return tuple(exchange.answer for exchange in held if exchange.answer is not None)


def as_past(kept: object) -> Past:
    """Return what a browser has kept, as far as it is in its form."""
    past: Past = []
    for row in kept if isinstance(kept, list) else []:
        questions = texts(row.get("questions")) if isinstance(row, dict) else []
        only = row.get("only") if isinstance(row, dict) else None
        filters = (
            {name: texts(only.get(name)) for name in FIELDS if texts(only.get(name))} if isinstance(only, dict) else {}
        )
        if questions:
            past.append({"questions": questions[-MOST_QUESTIONS:], "only": filters})
    return past[-MOST_PAST:]


def texts(values: object) -> list[str]:
    """Return the texts of a list that can be shown and asked."""
    rows = values if isinstance(values, Sequence) and not isinstance(values, str) else []
    return [sendable(one) for one in rows if isinstance(one, str) and 0 < len(one) <= LONGEST]


def remembered(kept: object, session: Session) -> Past:
    """Return what a browser keeps, with the conversation as it is now; one that goes on takes its own place."""
    past = as_past(kept)
    asked = [exchange.question for exchange in session.exchanges][-MOST_QUESTIONS:]
    if not asked:
        return past
    only = {name: list(values) for name, values in session.only.items()}
    if past and past[-1]["questions"] in (asked[:-1], asked):
        past.pop()
    past = [row for row in past if row["questions"] != asked]
    return [*past, {"questions": asked, "only": only}][-MOST_PAST:]


def past_list(kept: object) -> Html:
    """Return the conversations that this browser has had, each a link that asks them again."""
    past = as_past(kept)
    if not past:
        return Html()
    items = []
    for row in reversed(past):
        more = len(row["questions"]) - 1
        name = row["questions"][0] + (f" (and {more} more)" if more else "")
        link = element("a", name, href=question_link(row["questions"], row["only"]), class_="cb-link")
        items.append(element("li", link, dir="auto"))
    forget = element("button", "Forget them all", type="button", class_="cb-plain-button", data_act="forget")
    note = element(
        "p", "Kept in this browser only. They are answered anew from the documents of today.", class_="cb-quiet"
    )
    summary = element("summary", f"Your earlier conversations ({len(past)})")
    return element("details", summary, element("ul", *items), note, forget, class_="cb-past")
