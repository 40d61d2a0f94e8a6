"""What a reader does, connected to the desk; and one public endpoint, ``/ask``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.errors import CasebookError
from frontend import narrow, render
from frontend.chat import Desk, Screen, Session
from frontend.evaluate import Evaluator
from frontend.keeping import Keeper, Past, past_list, remembered
from frontend.links import Link, read_link
from frontend.markup import Html
from frontend.office import Office
from frontend.shelves import Shelves

if TYPE_CHECKING:
    import gradio as gr

    from frontend.page import Parts

# Nothing but /ask may be seen or called by name.
HIDDEN: dict[str, Any] = {"api_visibility": "private", "api_name": None, "show_progress": "hidden"}
# Questions wait for each other two at a time; opening a source never waits behind them.
WAITING: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "ask"}
ONE_WRITER: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "ingest", "trigger_mode": "once"}
AT_ONCE: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", **HIDDEN}


def wire(page: "gr.Blocks", office: Office, parts: "Parts") -> None:
    """Connect what a reader does to the desk."""
    desk, shelves = office.desk, office.shelves
    asked = wire_questions(desk, parts)
    wire_sources(desk, parts)
    wire_filters(desk, parts)
    wire_library(shelves, parts)
    wire_keeping(page, office.keeper, parts, asked)
    wire_evaluation(page, office.evaluator, parts)
    wire_arrival(page, desk, shelves, parts, asked)


def wire_questions(desk: Desk, parts: "Parts") -> list[Any]:
    """Connect asking, asking again, stopping and starting anew; return the events that a stop ends."""
    import gradio as gr

    def typed(question: str, kept: Session) -> Iterator[tuple[Any, ...]]:
        yield from (on_screen(screen) for screen in desk.ask(question, kept))

    def chosen(kept: Session, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from (on_screen(screen) for screen in desk.ask(sent(event, "question"), kept))

    def again(kept: Session, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from (on_screen(screen) for screen in desk.ask(sent(event, "question"), kept, alone=True))

    def stopped(kept: Session, event: gr.EventData) -> tuple[Any, ...]:
        return on_screen(desk.stopped(sent(event, "question"), kept))

    def restarted(kept: Session) -> tuple[Any, ...]:
        return on_screen(desk.start(kept.only))

    screen = screen_of(parts)
    once: dict[str, Any] = {"trigger_mode": "once", **WAITING, **HIDDEN}
    asked = [
        gr.on([parts.box.submit, parts.ask.click], typed, [parts.box, parts.session], screen, **once),
        parts.log.ask(chosen, parts.session, screen, **once),
        parts.log.again(again, parts.session, screen, **once),
    ]
    parts.log.stop(stopped, parts.session, screen, cancels=asked, **AT_ONCE)
    parts.new.click(restarted, parts.session, screen, **HIDDEN)
    return asked


def wire_sources(desk: Desk, parts: "Parts") -> None:
    """Connect the marks and links that open sources beside the conversation."""
    import gradio as gr

    def opened(kept: Session, event: gr.EventData) -> Html:
        return desk.open(kept, sent(event, "exchange"), sent(event, "citation"))

    def listed(kept: Session, event: gr.EventData) -> Html:
        return desk.sources(kept, sent(event, "exchange"))

    for html in (parts.log, parts.sources):
        html.open(opened, parts.session, parts.sources, **AT_ONCE)
        html.sources(listed, parts.session, parts.sources, **AT_ONCE)


def wire_filters(desk: Desk, parts: "Parts") -> None:
    """Connect the filters, which are part of the session."""
    import gradio as gr

    def narrower(kept: Session, event: gr.EventData) -> tuple[Session, Html]:
        return desk.narrowed(kept, sent(event, "field"), sent(event, "value"))

    def wider(kept: Session, event: gr.EventData) -> tuple[Session, Html]:
        return desk.widened(kept, sent(event, "field"), sent(event, "value"))

    parts.filters.narrow(narrower, parts.session, [parts.session, parts.filters], **AT_ONCE)
    parts.filters.widen(wider, parts.session, [parts.session, parts.filters], **AT_ONCE)


def wire_library(shelves: Shelves, parts: "Parts") -> None:
    """Connect the library: searching, reading, and the way back to all documents."""
    import gradio as gr

    def found(event: gr.EventData) -> Html:
        return shelves.find(sent(event, "words"))

    def read(event: gr.EventData) -> Html:
        return shelves.read(sent(event, "document"), sent(event, "start"))

    def shelf() -> Html:
        return shelves.all()

    def since(event: gr.EventData) -> Html:
        return shelves.since(sent(event, "day"))

    def taken_in(event: gr.EventData) -> Iterator[Html]:
        yield from shelves.take_in(sent(event, "tokens"))

    def brought(event: gr.EventData) -> Iterator[Html]:
        yield from shelves.bring(sent(event, "address"))

    def removed(event: gr.EventData) -> Iterator[Html]:
        yield from shelves.remove(sent(event, "document"), sent(event, "sure"))

    parts.books.upload(taken_in, None, parts.books, **ONE_WRITER, **HIDDEN)
    parts.books.bring(brought, None, parts.books, **ONE_WRITER, **HIDDEN)
    parts.books.remove(removed, None, parts.books, **ONE_WRITER, **HIDDEN)
    parts.books.find(found, None, parts.books, **WAITING, **HIDDEN)
    parts.books.read(read, None, parts.books, **AT_ONCE)
    parts.books.since(since, None, parts.books, **AT_ONCE)
    parts.books.shelf(shelf, None, parts.books, **AT_ONCE)


def wire_keeping(page: "gr.Blocks", keeper: Keeper, parts: "Parts", asked: list[Any]) -> None:
    """Connect saving, verdicts, and the browser's own list of conversations."""
    import gradio as gr

    def exported(kept: Session, event: gr.EventData) -> Html:
        return keeper.export(kept, sent(event, "exchange"), sent(event, "format"))

    def rated(kept: Session, event: gr.EventData) -> tuple[Session, Html]:
        try:
            now = keeper.rate(kept, sent(event, "exchange"), sent(event, "verdict"), sent(event, "reason"))
        except CasebookError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return now, render.conversation(now.exchanges, first=now.dropped)

    def noted(kept: Session, before: object) -> tuple[Past, Html]:
        past = remembered(before, kept)
        return past, past_list(past)

    def forgotten() -> tuple[Past, Html]:
        return [], past_list([])

    parts.log.export(exported, parts.session, parts.fetched, **AT_ONCE)
    parts.log.rate(rated, parts.session, [parts.session, parts.log], **AT_ONCE)
    for event in asked:
        event.then(noted, [parts.session, parts.kept], [parts.kept, parts.past], **AT_ONCE)
    parts.past.forget(forgotten, None, [parts.kept, parts.past], **AT_ONCE)
    page.load(past_list, parts.kept, parts.past, **AT_ONCE)


def wire_evaluation(page: "gr.Blocks", evaluator: Evaluator, parts: "Parts") -> None:
    """Connect running a question set, and saving what readers said."""
    import gradio as gr

    def tried(event: gr.EventData) -> Iterator[Html]:
        yield from evaluator.run(sent(event, "tokens"))

    def saved() -> Html:
        return evaluator.save_feedback()

    def shown() -> Html:
        return evaluator.start()

    one_run: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "evaluate", "trigger_mode": "once"}
    parts.runs.try_run(tried, None, parts.runs, **one_run, **HIDDEN)
    parts.runs.save(saved, None, parts.fetched, **AT_ONCE)
    page.load(shown, None, parts.runs, **AT_ONCE)


def wire_arrival(page: "gr.Blocks", desk: Desk, shelves: Shelves, parts: "Parts", asked: list[Any]) -> None:
    """Connect the opening of the page: what its address asks for."""
    import gradio as gr

    def furnished(request: gr.Request) -> Html:
        link = asked_by(request)
        return shelves.read(link.document, link.start) if link.document else shelves.all()

    def arrived(request: gr.Request) -> Iterator[tuple[Any, ...]]:
        link = asked_by(request)
        if not link.questions and not link.only:
            # Whoever types at once is not to lose it to a welcome that comes late.
            yield tuple(gr.skip() for _ in outputs)
            return
        for screen in desk.follow(link):
            yield *on_screen(screen), narrow.bar(desk.choices(), screen.session.only)

    outputs = [*screen_of(parts), parts.filters]
    page.load(furnished, None, parts.books, **AT_ONCE)
    asked.append(page.load(arrived, None, outputs, **WAITING, **HIDDEN))


def asked_by(request: "gr.Request") -> Link:
    """Return what the address of a page asks for."""
    return read_link(request.query_params.multi_items())


def screen_of(parts: "Parts") -> list[Any]:
    """Return the outputs of a step of the conversation."""
    return [parts.log, parts.sources, parts.session, parts.box]


def on_screen(screen: Screen) -> tuple[Any, ...]:
    """Return a screen in the order of the page's outputs."""
    return screen.log, screen.panel, screen.session, screen.draft


def sent(event: "gr.EventData", name: str) -> object:
    """Return what a click sent under a name; whoever calls over HTTP may have sent anything or nothing."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def publish(desk: Desk) -> None:
    """Offer the one public endpoint, for programs."""
    import gradio as gr
    from gradio.events import api

    def ask(
        question: str,
        history: list[dict[str, str]] | None = None,
        only: dict[str, list[str]] | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the case studies, each sentence with the passages that it rests on."""
        try:
            return desk.as_json(question, history, only)
        except CasebookError as error:
            raise gr.Error(str(error), print_exception=False) from error

    api(ask, api_name="ask", **WAITING)
