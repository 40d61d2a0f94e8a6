"""The page as Gradio Blocks: its parts, which are HTML made on the server, and a question box."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend import narrow, panel, theme
from frontend.chat import Session
from frontend.gate import BUSY
from frontend.markup import Html, element
from frontend.office import Office
from frontend.plain import ADDRESS
from frontend.purpose import INTENDED_USE, PURPOSE

if TYPE_CHECKING:
    import gradio as gr


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the page that change, and what a reader's session is kept in."""

    session: "gr.State"
    top: "gr.HTML"
    log: "gr.HTML"
    sources: "gr.HTML"
    filters: "gr.HTML"
    box: "gr.Textbox"
    ask: "gr.Button"
    new: "gr.Button"
    books: "gr.HTML"
    runs: "gr.HTML"
    kept: "gr.BrowserState"
    past: "gr.HTML"
    fetched: "gr.HTML"


def masthead() -> Html:
    """Return the top of the page: its name, its purpose, its intended use and the ways to its views."""
    name = element("div", element("h1", "Casebook"), element("p", PURPOSE), class_="cb-name")
    views = [("Ask", "/"), ("Library", "/?view=library"), ("Evaluate", "/?view=evaluate")]
    links = [element("a", title, href=address, data_act="view") for title, address in views]
    plain = element("a", "Plain page", href=ADDRESS)
    ways = element("nav", *links, plain, class_="cb-views", aria_label="Casebook")
    use = element("p", INTENDED_USE, class_="cb-use")
    live = element("div", id="cb-live", class_="cb-hidden", role="status", aria_live="polite", data_busy=BUSY)
    return element("header", name, use, ways, live, class_="cb-masthead")


def build_page(office: Office) -> "gr.Blocks":
    """Return the page over an office, ready to be mounted."""
    import gradio as gr

    from frontend.events import publish, wire

    page = gr.Blocks(title="Casebook", analytics_enabled=False, delete_cache=(3600, 3600), fill_width=True)
    with page:
        parts = lay_out(office)
        wire(page, office, parts)
        publish(office.desk)
    page.queue(max_size=32, default_concurrency_limit=2, api_open=False)
    return page


def lay_out(office: Office) -> Parts:
    """Place the parts on the page that is being built."""
    import gradio as gr

    desk = office.desk
    session = gr.State(Session())
    kept = gr.BrowserState([], storage_key="casebook-past", secret=office.secret)
    top = part(masthead(), "cb-top")
    with gr.Row(elem_classes="cb-columns cb-view-ask"):
        with gr.Column(elem_classes="cb-chat-column", scale=3, min_width=320):
            log = part(desk.start().log, "cb-conversation")
            with gr.Row(elem_classes="cb-above"):
                filters = part(narrow.bar(desk.choices(), {}), "cb-filters")
                past = part(Html(), "cb-filters cb-past-part")
            box, ask, new = composer()
        with gr.Column(elem_classes="cb-panel-column", scale=2, min_width=320):
            sources = part(panel.empty(), "cb-sources-part")
    with gr.Column(elem_classes="cb-view-library cb-view"):
        books = part(office.shelves.all(), "cb-library-part")
    with gr.Column(elem_classes="cb-view-evaluate cb-view"):
        runs = part(office.evaluator.start(), "cb-evaluate-part")
    fetched = part(Html(), "cb-out-of-sight")
    return Parts(
        session=session,
        top=top,
        log=log,
        sources=sources,
        filters=filters,
        box=box,
        ask=ask,
        new=new,
        books=books,
        runs=runs,
        kept=kept,
        past=past,
        fetched=fetched,
    )


def composer() -> tuple["gr.Textbox", "gr.Button", "gr.Button"]:
    """Place the question box and its two buttons."""
    import gradio as gr

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
    return box, ask, new


def part(value: Html, name: str) -> "gr.HTML":
    """Return a part of the page whose HTML is made on the server."""
    import gradio as gr

    return gr.HTML(value, elem_classes=name, js_on_load=theme.script(), apply_default_css=False)
