"""In a real Chromium: saving, verdicts, the browser's own history, uploads, and what axe finds (nothing)."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontend_fakes as fakes
import pytest
from browser_reader import BROWSER, FLAGS, PHONE, WIDE, Reader
from docx import Document as open_docx
from frontend_seen import fetch
from reader_files import make_pdf, prose

from assistant.pipeline import open_assistant
from assistant.schema import Answer
from assistant.settings import Settings
from frontend.gate import BUSY

pytestmark = pytest.mark.skipif(not BROWSER, reason="no browser")
FACT = "The Zedtown Collaborative opened a frozen shoulder clinic in March 2024."


def axe_script() -> str:
    """Return axe-core as text, from the package that brings it or from the file that TEST_AXE names."""
    named = os.environ.get("TEST_AXE", "")
    if named:
        return Path(named).read_text(encoding="utf-8")
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not here: set TEST_AXE to axe.min.js")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with fakes.served(fakes.FakeAssistant()) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def reader(site: str, browser: Any) -> Iterator[Reader]:
    """A reader whose requests and troubles are watched."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    yield from watched(context, site)


def watched(context: Any, site: str) -> Iterator[Reader]:
    reader = Reader(context.new_page(), site)
    reader.page.on("request", lambda request: reader.requests.append(request.url))
    reader.page.on("pageerror", lambda error: reader.troubles.append(str(error)))
    reader.page.on("dialog", lambda dialog: (reader.troubles.append("a dialog"), dialog.dismiss()))
    reader.page.goto(site)
    reader.page.locator(".cb-welcome").wait_for()
    yield reader
    context.close()
    assert not reader.troubles
    assert not [url for url in reader.requests if not url.startswith((site, "data:", "blob:"))]


def test_a_conversation_is_saved_as_word_and_opens_again(reader: Reader, tmp_path: Path) -> None:
    reader.ask(fakes.BACKLOG)
    reader.ask(fakes.REFUSED)
    page = reader.page
    page.locator("#cb-exchange-1").get_by_text("Save", exact=True).click()
    with page.expect_download() as saved:
        page.locator("#cb-exchange-1").get_by_role("button", name="Word").click()
    saved.value.save_as(tmp_path / "answer.docx")
    words = "\n".join(line.text for line in open_docx(str(tmp_path / "answer.docx")).paragraphs)
    for text in (fakes.BACKLOG, *fakes.SENTENCES, fakes.ANYTOWN.sha256, fakes.REFUSED):
        assert text in words
    page.locator("#cb-exchange-0").get_by_text("Save", exact=True).click()
    with page.expect_download() as saved:
        page.locator("#cb-exchange-0").get_by_role("button", name="JSON with hashes").click()
    held = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert [answer["question"] for answer in held["answers"]] == [fakes.BACKLOG]


def test_an_answer_is_copied_with_its_references(reader: Reader, browser: Any) -> None:
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.ask(fakes.BACKLOG)
    reader.page.get_by_role("button", name="Copy with references").click()
    reader.page.get_by_role("button", name="Copied").wait_for()
    words = reader.page.evaluate("navigator.clipboard.readText()")
    assert f"{fakes.SENTENCES[1]} [2]" in words
    assert "Available from: https://example.org/hub" in words


def test_a_verdict_and_its_reason_are_kept_and_nothing_jumps(reader: Reader) -> None:
    reader.ask(fakes.BACKLOG)
    page = reader.page
    page.get_by_role("button", name="Not helpful").click()
    reason = page.get_by_label("What is wrong with it?")
    reason.wait_for()
    assert page.get_by_role("button", name="Not helpful").get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.id") == "cb-thumb-down-0"
    reason.select_option("incomplete")
    page.wait_for_function("document.activeElement.id === 'cb-why-0'")
    assert page.get_by_label("What is wrong with it?").input_value() == "incomplete"


def test_a_question_is_put_back_to_be_edited(reader: Reader) -> None:
    reader.ask(fakes.BACKLOG)
    reader.page.get_by_role("button", name="Edit the question").click()
    box = reader.page.get_by_label("Your question")
    assert box.input_value() == fakes.BACKLOG
    box.press("End")
    box.type("!")
    box.press("Enter")
    reader.page.locator("#cb-exchange-1 .cb-closing").wait_for()
    assert reader.page.locator(".cb-question").nth(1).text_content() == f"You asked: {fakes.BACKLOG}!"


def test_this_browsers_conversations_outlive_the_page_and_can_be_forgotten(
    reader: Reader, browser: Any, site: str
) -> None:
    page = reader.page
    reader.ask(fakes.BACKLOG)
    page.get_by_text("Your earlier conversations (1)").wait_for()
    reader.ask("And hips?")
    page.wait_for_timeout(300)
    page.reload()
    page.get_by_text("Your earlier conversations (1)").click()
    assert fakes.BACKLOG not in page.evaluate("JSON.stringify(localStorage)"), "kept, but not for every eye"
    other = browser.new_context()
    stranger = other.new_page()
    stranger.goto(site)
    stranger.locator(".cb-welcome").wait_for()
    stranger.wait_for_timeout(500)
    assert stranger.get_by_text("Your earlier conversations").count() == 0
    other.close()
    page.get_by_role("link", name="(and 1 more)").click()
    page.locator("#cb-exchange-1 .cb-closing").wait_for()
    page.get_by_text("Your earlier conversations").click()
    page.get_by_role("button", name="Forget them all").click()
    page.get_by_text("Your earlier conversations").wait_for(state="detached")
    page.reload()
    page.locator("#cb-exchange-1 .cb-closing").wait_for()


RUN_AXE = (
    "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => "
    "[one.id, one.impact, ...one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_on_any_view(site: str, browser: Any, scheme: str, viewport: dict[str, int]) -> None:
    script = axe_script()
    # The page's own policy stays; only axe itself is let in.
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    reader = Reader(page, site)
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        page.evaluate(script)
        violations = page.evaluate(RUN_AXE)
        if violations:
            found[name] = violations

    page.goto(site)
    page.locator(".cb-welcome").wait_for()
    page.get_by_text("Search only some case studies").click()
    look("welcome")
    for question in (fakes.BACKLOG, "And hips?", fakes.REFUSED, fakes.BROKEN):
        reader.ask(question)
        look(question)
    page.locator("#cb-exchange-0").get_by_text("Save", exact=True).click()
    page.locator("#cb-exchange-0").get_by_role("button", name="Not helpful").click()
    page.get_by_label("What is wrong with it?").wait_for()
    page.get_by_text("Edit what was searched for").click()
    page.get_by_text("Your earlier conversations").click()
    look("tools")
    page.locator(".cb-mark").first.click()
    page.locator(".cb-document").wait_for()
    look("source")
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_text("Add documents").click()
    look("library")
    page.get_by_role("link", name=fakes.ANYTOWN.title).click()
    page.locator(".cb-reading").wait_for()
    look("reading")
    run_a_set(page)
    look("evaluate")
    context.close()
    assert not found, json.dumps(found, indent=1)


def run_a_set(page: Any) -> None:
    page.get_by_role("link", name="Evaluate", exact=True).click()
    rows = [{"id": "a", "text": fakes.BACKLOG, "answerable": True}, {"id": "b", "text": "<b>", "answerable": False}]
    data = "\n".join(map(json.dumps, rows)).encode()
    page.get_by_label("Question set").set_input_files({"name": "my set.jsonl", "mimeType": "", "buffer": data})
    page.get_by_role("button", name="Run it").click()
    page.get_by_role("heading", name="Each question").wait_for()


def test_a_question_set_is_run_and_its_records_are_saved(reader: Reader) -> None:
    reader.ask(fakes.REFUSED)
    reader.page.get_by_role("button", name="Helpful", exact=True).click()
    reader.page.get_by_text("Thank you.").wait_for()
    run_a_set(reader.page)
    assert reader.page.get_by_role("rowheader", name="<b>").is_visible()
    assert reader.page.get_by_role("cell", name="refused, rightly").is_visible()
    with reader.page.expect_download() as saved:
        reader.page.get_by_role("link", name="Records (JSONL)").click()
    assert Path(saved.value.path()).read_text(encoding="utf-8").count("\n") == 3
    earlier = Path(saved.value.path()).read_bytes()
    name = "Compare with an earlier run of it (its records, JSONL; optional)"
    reader.page.get_by_label(name).set_input_files({"name": "run.jsonl", "mimeType": "", "buffer": earlier})
    run_a_set(reader.page)
    reader.page.get_by_text("0 questions changed since the earlier run. Nothing got worse.").wait_for()
    with reader.page.expect_download() as saved:
        reader.page.get_by_role("button", name="Save as a question set").click()
    assert fakes.REFUSED in Path(saved.value.path()).read_text(encoding="utf-8")


def test_axe_finds_nothing_on_the_plain_pages(site: str, browser: Any) -> None:
    script = axe_script()
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    for path in ("/plain", f"/plain?q={fakes.BACKLOG}", "/plain?q=x", "/plain/library", "/plain/source?id=anytown.md"):
        page.goto(site + path)
        page.evaluate(script)
        assert page.evaluate(RUN_AXE) == [], path
    context.close()


@pytest.mark.parametrize("view", ["/", "/?view=library", "/?view=library&doc=anytown.md"])
def test_everything_to_hit_is_large_enough(site: str, browser: Any, view: str) -> None:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    page.goto(site + view)
    page.locator(".cb-masthead").wait_for()
    page.wait_for_timeout(500)
    if view == "/":
        Reader(page, site).ask(fakes.BACKLOG)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, select, input, .cb-mark, nav a, .cb-tool")]
          .filter((node) => node.checkVisibility() && node.getClientRects().length)
          .filter((node) => !node.closest(".cb-hidden, .cb-out-of-sight"))
          .map((node) => [node.outerHTML.slice(0, 90), node.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24).map(([html, box]) => `${html} ${box.height}`)"""
    )
    context.close()
    assert small == []


def test_a_document_opens_at_its_beginning_on_a_phone(site: str, browser: Any) -> None:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/?view=library")
    page.get_by_role("link", name=fakes.ANYTOWN.title).click()
    title = page.get_by_role("heading", name=fakes.ANYTOWN.title, level=2)
    title.wait_for()
    assert Reader(page, site).in_view(title)
    assert page.evaluate("document.activeElement.className") == "cb-view-title"
    context.close()


class Slow(fakes.FakeAssistant):
    """Answers only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.let.set()

    def ask(self, question: str, *others: Any, **more: Any) -> Answer:
        self.let.wait(60)
        return super().ask(question, *others, **more)


def test_when_too_many_ask_it_says_so_in_plain_words_and_keeps_the_question(browser: Any) -> None:
    slow = Slow()
    with fakes.served(slow) as site:
        config = json.loads(fetch(f"{site}/config")[2])
        number = next(e["id"] for e in config["dependencies"] if any(t[1] == "ask" for t in e["targets"]))
        for reader in watched(browser.new_context(viewport=WIDE), site):
            reader.page.wait_for_timeout(1_000)
            slow.let.clear()
            for place in range(40):
                asked = {
                    "data": [None],
                    "fn_index": number,
                    "session_hash": f"s{place}",
                    "event_data": {"question": "x"},
                }
                head = {"Content-Type": "application/json"}
                status = fetch(f"{site}/gradio_api/queue/join", json.dumps(asked).encode(), head)[0]
            assert status == 503
            box = reader.page.get_by_label("Your question")
            box.fill(fakes.BACKLOG)
            box.press("Enter")
            reader.page.get_by_text(BUSY).first.wait_for()
            assert reader.page.get_by_text("application is currently busy").count() == 0
            assert box.input_value() == fakes.BACKLOG
            slow.let.set()
            # The browser itself notes a refused request; that is all it may have noted.
            reader.troubles[:] = [words for words in reader.troubles if "503" not in words]


@pytest.mark.slow
def test_a_pdf_is_uploaded_asked_about_and_removed(browser: Any, corpus_index: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(corpus_index, index)
    pdf = tmp_path / "Zed & 'Town' ${1}.pdf"
    pdf.write_bytes(make_pdf([prose(72, 720, [FACT, "It has two trusts."])]))
    with open_assistant(Settings(index=index)) as assistant, fakes.served(assistant, index=index) as site:
        for reader in watched(browser.new_context(viewport=WIDE, reduced_motion="reduce"), site):
            upload_ask_remove(reader.page, reader, pdf)


def upload_ask_remove(page: Any, reader: Reader, pdf: Path) -> None:
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_text("Add documents").click()
    page.get_by_label("Files to add").set_input_files(str(pdf))
    page.get_by_role("button", name="Add to the library").click()
    page.get_by_text("Reading, checking and indexing the documents").wait_for()
    page.get_by_text(f"Taken in: {pdf.name}").wait_for(timeout=120_000)
    page.get_by_role("link", name="Ask", exact=True).click()
    reader.ask("When did the Zedtown Collaborative open its frozen shoulder clinic?")
    assert page.locator(".cb-text").first.text_content() == FACT
    page.locator(".cb-mark").first.click()
    page.locator(".cb-document mark").wait_for()
    assert page.locator(".cb-document mark").text_content() == FACT
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove for good").click()
    page.get_by_text("Removed, with everything made from it").wait_for(timeout=120_000)
    page.get_by_role("link", name="Ask", exact=True).click()
    reader.ask("When did the Zedtown Collaborative open its frozen shoulder clinic?")
    assert FACT not in page.locator("#cb-exchange-1").text_content()
