"""The page in a real Chromium: what a reader sees, hears and can do, and what leaves the machine (nothing)."""

from collections.abc import Iterator
from typing import Any

import frontend_fakes as fakes
import pytest
from browser_reader import BROWSER, FLAGS, PHONE, WIDE, ZOOMED, Reader

pytestmark = pytest.mark.skipif(not BROWSER, reason="no browser")

# The least contrast of any visible text with the nearest background behind it, and the text that has it.
LEAST_CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3)
    .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [, , , alpha = 1] = numbers(getComputedStyle(node).backgroundColor);
      if (alpha === 1) return getComputedStyle(node).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  let least = [21, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode());) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility() || !node.getClientRects().length) continue;
    if (["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const [high, low] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < least[0]) least = [ratio, text.data.trim().slice(0, 60)];
  }
  return least;
}"""


@pytest.fixture(scope="module")
def fake() -> fakes.FakeAssistant:
    return fakes.FakeAssistant()


@pytest.fixture(scope="module")
def site(fake: fakes.FakeAssistant) -> Iterator[str]:
    with fakes.served(fake) as address:
        yield address


@pytest.fixture(scope="module")
def browser(site: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def open_page(site: str, browser: Any) -> Iterator[Any]:
    """Open the page as a new reader; at the end nothing may have gone elsewhere or wrong."""
    readers: list[Reader] = []

    def opener(viewport: dict[str, int] = WIDE, address: str = "", **wishes: Any) -> Reader:
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **wishes)
        reader = Reader(context.new_page(), site)
        readers.append(reader)
        reader.page.on("request", lambda request: reader.requests.append(request.url))
        reader.page.on("pageerror", lambda error: reader.troubles.append(str(error)))
        reader.page.on("dialog", lambda dialog: (reader.troubles.append("a dialog"), dialog.dismiss()))
        reader.page.on(
            "console",
            lambda said: reader.troubles.append(said.text) if said.type == "error" else None,
        )
        reader.page.goto(site + address)
        reader.page.locator(".cb-welcome, .cb-log, .cb-library").first.wait_for(state="attached")
        return reader

    yield opener
    for reader in readers:
        reader.page.context.close()
        assert not reader.troubles
        elsewhere = [url for url in reader.requests if not url.startswith((site, "data:", "blob:"))]
        assert not elsewhere


def test_the_page_says_what_it_is_and_what_it_is_not_for(open_page: Any) -> None:
    page = open_page().page
    assert page.title() == "Casebook"
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert page.get_by_role("heading", level=1).inner_text() == "Casebook"
    assert page.get_by_text("Not for clinical decisions about a patient.").is_visible()
    assert page.get_by_role("button", name=fakes.LESSONS).is_visible()


def test_a_question_is_answered_with_a_mark_after_every_sentence(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    assert reader.page.locator(".cb-text").all_text_contents() == list(fakes.SENTENCES)
    assert reader.page.locator(".cb-sentence .cb-mark").all_text_contents() == ["[1]", "[2]", "[3]"]
    assert reader.page.locator(".cb-card mark").all_text_contents() == list(fakes.SENTENCES)
    log = reader.page.get_by_role("log", name="Conversation")
    assert log.get_attribute("aria-live") == "off"  # what is new is said by another region
    assert reader.page.get_by_label("Your question").input_value() == ""


@pytest.mark.parametrize("viewport", [WIDE, PHONE, ZOOMED], ids=["wide", "phone", "zoomed"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_mark_opens_its_document_at_the_quote(open_page: Any, viewport: dict[str, int], number: int) -> None:
    reader = open_page(viewport)
    reader.ask(fakes.BACKLOG)
    mark = reader.page.locator(".cb-sentence .cb-mark").nth(number - 1)
    mark.click()
    quote = reader.page.locator(".cb-document mark")
    quote.wait_for()
    reader.settle()
    assert quote.text_content() == fakes.SENTENCES[number - 1]
    assert reader.page.locator(".cb-document").text_content() == fakes.ANYTOWN.text
    assert reader.in_view(quote)
    assert reader.page.evaluate("document.activeElement.id") == "cb-panel-title"
    assert mark.get_attribute("aria-current") == "true"
    assert "2 May 2023" in reader.page.locator(".cb-about").inner_text()
    link = reader.page.get_by_role("link", name="News: the hub opens")
    assert link.get_attribute("href") == "https://example.org/hub"
    assert link.get_attribute("rel") == "noopener noreferrer"
    reader.page.get_by_role("link", name="Back to the answer").click()
    reader.settle()
    assert mark.evaluate("(node) => node === document.activeElement")
    assert reader.in_view(mark)


def test_the_way_back_to_all_sources(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    reader.page.get_by_role("link", name="Read in the document").nth(1).click()
    reader.page.locator(".cb-document").wait_for()
    assert reader.page.locator(".cb-document mark").text_content() == fakes.SENTENCES[1]
    reader.page.get_by_role("link", name="All sources").click()
    reader.page.locator(".cb-card").first.wait_for()
    assert reader.page.locator(".cb-card").count() == 3


def test_earlier_answers_keep_their_sources(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    reader.ask(fakes.REFUSED)
    reader.page.locator("#cb-exchange-0 .cb-mark").nth(2).click()
    reader.page.locator(".cb-document mark").wait_for()
    assert reader.page.locator(".cb-document mark").text_content() == fakes.SENTENCES[2]


def test_a_refusal_says_why_and_names_what_is_near(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.REFUSED, by="Ask")
    page = reader.page
    assert "The case studies do not say." in page.locator(".cb-refusal").inner_text()
    assert page.locator(".cb-refusal .cb-mark").count() == 0
    assert page.get_by_role("heading", name="Nearest passages, not an answer").is_visible()
    page.get_by_role("link", name="Read in the document").click()
    page.locator(".cb-document").wait_for()
    assert page.locator("mark").count() == 0
    page.get_by_role("link", name="Back to the answer").click()
    assert page.evaluate("document.activeElement.id") == "cb-exchange-0"


def test_a_follow_up_says_what_was_searched_for_and_a_new_conversation_forgets(open_page: Any) -> None:
    reader = open_page()
    reader.page.get_by_role("button", name=fakes.LESSONS).click()
    reader.page.locator(".cb-closing").wait_for()
    reader.ask("And then?")
    assert f"And then? {fakes.BACKLOG}" in reader.page.locator(".cb-searched").inner_text()
    reader.page.get_by_role("button", name="New conversation").click()
    reader.page.locator(".cb-welcome").wait_for()
    assert reader.page.locator(".cb-exchange, .cb-card").count() == 0


def test_what_was_carried_over_is_dropped_with_a_click_and_reworded_by_hand(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    reader.ask("And hips?")
    page = reader.page
    page.get_by_role("button", name="Search again without Anytown").click()
    page.locator("#cb-exchange-2 .cb-closing").wait_for()
    assert page.locator("#cb-exchange-2 .cb-question").text_content() == "You asked: And hips? (backlog)"
    page.locator("#cb-exchange-1 summary", has_text="Edit what was searched for").click()
    page.locator("#cb-exchange-1").get_by_label("What to search for").fill(fakes.LESSONS)
    page.keyboard.press("Enter")
    page.locator("#cb-exchange-3 .cb-closing").wait_for()
    assert page.locator("#cb-exchange-3 .cb-question").text_content() == f"You asked: {fakes.LESSONS}"


def test_filters_are_chosen_shown_and_dropped(open_page: Any, fake: fakes.FakeAssistant) -> None:
    reader = open_page()
    page = reader.page
    page.get_by_text("Search only some case studies").click()
    page.get_by_label("Region").select_option("South West")
    page.get_by_role("button", name="Search without region South West").wait_for()
    reader.ask("Filtered?")
    assert ("Filtered?", (), {"region": ("South West",)}) in fake.asked
    page.get_by_role("button", name="Search without region South West").click()
    page.locator(".cb-filters .cb-chip").wait_for(state="detached")
    reader.ask("Unfiltered?")
    assert fake.asked[-1][2] == {}


def test_a_link_brings_a_conversation_back(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    reader.ask("And hips?")
    link = reader.page.get_by_role("link", name="Link to this answer").last.get_attribute("href")
    other = open_page(address=link)
    other.page.locator("#cb-exchange-1 .cb-closing").wait_for()
    assert other.page.locator(".cb-question").all_inner_texts() == reader.page.locator(".cb-question").all_inner_texts()
    assert other.page.locator(".cb-text").all_inner_texts() == reader.page.locator(".cb-text").all_inner_texts()


def test_an_answer_is_read_out_once_it_is_there(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.BACKLOG)
    live = reader.page.locator("#cb-live")
    assert fakes.SENTENCES[2] in live.text_content()
    reader.ask(fakes.REFUSED)
    assert "No answer" in live.text_content()
    assert fakes.SENTENCES[2] not in live.text_content()


def test_the_library_is_searched_and_read_and_the_way_back_works(open_page: Any) -> None:
    reader = open_page()
    page = reader.page
    page.get_by_role("link", name="Library", exact=True).click()
    assert not page.get_by_label("Your question").is_visible()
    assert page.get_by_text("600,000").is_visible()
    page.get_by_label("Search in all documents").fill("waiting list")
    page.keyboard.press("Enter")
    page.get_by_text("1 document for").wait_for()
    page.get_by_role("link", name="Results").click()
    page.locator(".cb-reading").wait_for()
    assert page.locator(".cb-library .cb-document").text_content() == fakes.ANYTOWN.text
    page.locator(".cb-contents").get_by_role("link", name="Lessons for others").click()
    focused = page.locator(":focus")
    assert focused.inner_text() == "Lessons for others"
    assert reader.in_view(focused)
    again = open_page(address=page.url.removeprefix(reader.site))
    again.page.locator(".cb-reading").wait_for()
    page.go_back()
    page.locator(".cb-shelf").wait_for()
    page.get_by_role("link", name="Ask", exact=True).click()
    assert page.get_by_label("Your question").is_visible()


def test_the_library_shows_what_has_changed_since_a_day(open_page: Any) -> None:
    page = open_page(address="/?view=library").page
    page.get_by_label("New or changed since").fill("2026-11-20")
    page.get_by_role("button", name="Show what changed").click()
    page.get_by_text("1 document new or changed since 20 November 2026.").wait_for()
    assert page.locator(".cb-book").count() == 1
    page.get_by_role("link", name="Show all documents").click()
    page.get_by_text("2 documents.").wait_for()


def test_an_address_of_this_machine_is_refused_in_words(open_page: Any) -> None:
    page = open_page(address="/?view=library").page
    page.get_by_text("Add documents").click()
    page.get_by_label("Or the web address of a page or file").fill("http://127.0.0.1/")
    page.get_by_role("button", name="Fetch it").click()
    page.get_by_text("127.0.0.1 is not on the open internet").wait_for()


def test_two_readers_do_not_see_each_other(open_page: Any) -> None:
    one, two = open_page(), open_page()
    one.ask(fakes.BACKLOG)
    two.ask(fakes.REFUSED)
    one.ask("And then?")
    assert fakes.REFUSED not in one.page.locator("body").inner_text()
    assert fakes.BACKLOG not in two.page.locator("body").inner_text()


def test_a_hostile_document_is_only_text(open_page: Any) -> None:
    reader = open_page()
    reader.ask(fakes.HOSTILE)
    assert reader.page.locator(".cb-text").text_content() == fakes.HOSTILE_SENTENCE
    reader.page.locator(".cb-mark").click()
    quote = reader.page.locator(".cb-document mark")
    quote.wait_for()
    assert quote.text_content() == fakes.HOSTILE_SENTENCE
    inside = ".cb-conversation :is(img, script, svg, iframe), .cb-sources-part :is(img, script, svg, iframe)"
    assert reader.page.locator(inside).count() == 0
    assert reader.page.locator('a[href*="//evil"], a[href^="javascript"]').count() == 0


def test_a_hostile_question_is_only_text(open_page: Any) -> None:
    reader = open_page()
    question = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} </h2><script>alert(3)</script>"
    reader.ask(question)
    assert reader.page.locator(".cb-question").text_content() == f"You asked: {question}"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("x" * 2_001, "2,001 characters", id="too long"),
        pytest.param(fakes.BROKEN, "The index <is> damaged.", id="a fault"),
    ],
)
def test_what_cannot_be_asked_is_said_and_stays_in_the_box(open_page: Any, question: str, words: str) -> None:
    reader = open_page()
    reader.ask(question)
    assert words in reader.page.locator(".cb-problem").inner_text()
    assert reader.page.get_by_label("Your question").input_value() == question


def test_the_keyboard_is_enough(open_page: Any) -> None:
    reader = open_page()
    page = reader.page
    page.get_by_label("Your question").focus()
    page.keyboard.type(fakes.BACKLOG)
    page.keyboard.press("Enter")
    page.locator(".cb-closing").wait_for()
    # From the box backwards, over the filters, what to ask next and the answer's tools, to the marks.
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.locator(":focus").text_content() == "[3]":
            break
    focused = page.locator(":focus")
    assert focused.text_content() == "[3]"
    assert focused.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator(".cb-document mark").wait_for()
    assert page.locator(".cb-document mark").text_content() == fakes.SENTENCES[2]
    for name in ("All sources", "Back to the answer"):
        page.keyboard.press("Tab")
        assert page.locator(":focus").text_content() == name
    page.keyboard.press("Enter")
    assert page.locator(":focus").text_content() == "[3]"


@pytest.mark.parametrize("viewport", [WIDE, PHONE, ZOOMED], ids=["wide", "phone", "zoomed"])
def test_nothing_is_cut_off(open_page: Any, viewport: dict[str, int]) -> None:
    reader = open_page(viewport)
    reader.ask(fakes.BACKLOG)
    reader.page.locator(".cb-mark").first.click()
    reader.page.locator(".cb-document").wait_for()
    reader.settle()
    wide, high = reader.page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert wide <= 0
    if viewport == WIDE:
        assert high <= 0, "a wide window does not scroll: its columns do"
        assert reader.in_view(reader.page.get_by_role("button", name="Ask", exact=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(open_page: Any, scheme: str) -> None:
    reader = open_page(color_scheme=scheme)
    dark = reader.page.evaluate("document.body.classList.contains('dark')")
    assert dark is (scheme == "dark")
    least = [reader.page.evaluate(LEAST_CONTRAST)]
    for question in (fakes.BACKLOG, "And then?", fakes.REFUSED, fakes.BROKEN):
        reader.ask(question)
        least.append(reader.page.evaluate(LEAST_CONTRAST))
    reader.page.locator(".cb-mark").first.click()
    reader.page.locator(".cb-document").wait_for()
    least.append(reader.page.evaluate(LEAST_CONTRAST))
    assert min(least)[0] >= 4.5, min(least)


def test_marks_are_large_enough_to_hit(open_page: Any) -> None:
    reader = open_page(PHONE)
    reader.ask(fakes.BACKLOG)
    for mark in reader.page.locator(".cb-mark").all():
        box = mark.bounding_box()
        assert box["width"] >= 24
        assert box["height"] >= 24
