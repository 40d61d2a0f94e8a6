"""The page as Gradio Blocks: two HTML parts, a question box, and one public endpoint, ``/ask``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.errors import CasebookError
from frontend import panel, theme
from frontend.chat import Desk, Screen, Session
from frontend.markup import Html, element
from frontend.plain import INTENDED_USE

if TYPE_CHECKING:
    import gradio as gr

PURPOSE = "Answers from case studies of NHS provider collaboratives, with the passage behind every sentence."
# Nothing but /ask may be seen or called by name.
HIDDEN: dict[str, Any] = {"api_visibility": "private", "api_name": None, "show_progress": "hidden"}
# Questions wait for each other two at a time; opening a source never waits behind them.
WAITING: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "ask"}


def masthead() -> Html:
    """Return the top of the page: its name, its purpose and its intended use."""
    name = element("div", element("h1", "Casebook"), element("p", PURPOSE), class_="cb-name")
    return element("header", name, element("p", INTENDED_USE, class_="cb-use"), class_="cb-masthead")


def build_page(desk: Desk) -> "gr.Blocks":
    """Return the page over a desk, ready to be mounted."""
    import gradio as gr

    page = gr.Blocks(title="Casebook", analytics_enabled=False, delete_cache=(3600, 3600), fill_width=True)
    with page:
        session = gr.State(Session())
        gr.HTML(masthead(), elem_classes="cb-top", js_on_load=None, apply_default_css=False)
        with gr.Row(elem_classes="cb-columns"):
            with gr.Column(elem_classes="cb-chat-column", scale=3, min_width=320):
                log = part(desk.start().log, "cb-conversation")
                with gr.Row(elem_classes="cb-composer"):
                    box = gr.Textbox(
                        label="Your question",
                        placeholder="Ask about a collaborative",
                        lines=1,
                        max_lines=6,
                        scale=1,
                        container=True,
                    )
                    ask = gr.Button("Ask", variant="primary", scale=0, min_width=88)
                    new = gr.Button("New conversation", scale=0, min_width=88, elem_classes="cb-new")
            with gr.Column(elem_classes="cb-panel-column", scale=2, min_width=320):
                sources = part(panel.empty(), "cb-sources-part")
        wire(desk, session, log, sources, box, ask, new)
        publish(desk)
    page.queue(max_size=32, default_concurrency_limit=2, api_open=False)
    return page


def part(value: Html, name: str) -> "gr.HTML":
    """Return a part of the page whose HTML is made on the server."""
    import gradio as gr

    return gr.HTML(value, elem_classes=name, js_on_load=theme.script(), apply_default_css=False)


def wire(
    desk: Desk,
    session: "gr.State",
    log: "gr.HTML",
    sources: "gr.HTML",
    box: "gr.Textbox",
    ask: "gr.Button",
    new: "gr.Button",
) -> None:
    """Connect what a reader does to the desk."""
    import gradio as gr

    def typed(question: str, kept: Session) -> Iterator[tuple[Any, ...]]:
        yield from (on_screen(screen) for screen in desk.ask(question, kept))

    def chosen(kept: Session, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from (on_screen(screen) for screen in desk.ask(sent(event, "question"), kept))

    def opened(kept: Session, event: gr.EventData) -> Html:
        return desk.open(kept, sent(event, "exchange"), sent(event, "citation"))

    def listed(kept: Session, event: gr.EventData) -> Html:
        return desk.sources(kept, sent(event, "exchange"))

    def restarted() -> tuple[Any, ...]:
        return on_screen(desk.start())

    screen = [log, sources, session, box]
    gr.on([box.submit, ask.click], typed, [box, session], screen, trigger_mode="once", **WAITING, **HIDDEN)
    log.ask(chosen, session, screen, trigger_mode="once", **WAITING, **HIDDEN)
    for html in (log, sources):
        html.open(opened, session, sources, queue=False, trigger_mode="multiple", **HIDDEN)
        html.sources(listed, session, sources, queue=False, trigger_mode="multiple", **HIDDEN)
    new.click(restarted, None, screen, **HIDDEN)


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
