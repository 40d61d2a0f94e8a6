"""What readers keep: answers as files, verdicts as a question set, and their own conversations."""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import frontend_fakes as fakes
import pytest
from docx import Document as open_docx
from frontend_seen import fetch, is_ours
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.errors import CasebookError
from assistant.evaluation.questions import read_questions
from assistant.verification import verify
from frontend import export, keeping
from frontend.chat import Desk, Session
from frontend.downloads import MOST, Downloads, File
from frontend.export_docx import writable
from frontend.feedback import REASONS, Feedback
from frontend.keeping import Keeper
from frontend.references import Reference, references, ris, vancouver

MADE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 22)


def asked(*questions: str) -> Session:
    session = Session()
    for question in questions:
        *_, screen = Desk(fakes.FakeAssistant()).ask(question, session)  # type: ignore[arg-type]
        session = screen.session
    return session


def pack(*questions: str) -> export.Pack:
    answers = keeping.upto(asked(*questions), len(questions) - 1)
    return export.Pack(answers=answers, made=MADE, settings={"retrieval": "hybrid"}, filters={"type": ("acute",)})


ALL = (fakes.BACKLOG, "And hips?", fakes.REFUSED, fakes.HOSTILE)


def test_the_word_document_opens_and_holds_every_sentence_quote_and_hash() -> None:
    file = export.exported(pack(*ALL), "docx")
    paper = open_docx(BytesIO(file.data))
    words = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    for text in (*ALL, *fakes.SENTENCES, fakes.HOSTILE_SENTENCE, fakes.ANYTOWN.sha256, "No answer.", "[3]"):
        assert text in words
    assert "Not for clinical decisions about a patient." in words
    assert "Searched for: And hips? (Anytown, backlog)" in words
    with zipfile.ZipFile(BytesIO(file.data)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
    assert file.name == "casebook-2026-11-22-0930.docx"


def test_a_note_is_in_every_file_that_people_read() -> None:
    noted = fakes.answer(fakes.BACKLOG, fakes.ANYTOWN, fakes.SENTENCES[:1], notes=("No passage answers <why>.",))
    made = export.Pack(answers=(noted,), made=MADE, settings={}, filters={})
    words = [paragraph.text for paragraph in open_docx(BytesIO(export.exported(made, "docx").data)).paragraphs]
    assert "Note: No passage answers <why>." in words
    assert "Note: No passage answers &lt;why&gt;." in MarkdownIt().render(export.markdown(made))
    assert "Note: No passage answers <why>.\n" in export.copied(noted, MADE)
    assert json.loads(export.provenance(made))["answers"][0]["notes"] == ["No passage answers <why>."]


def test_who_a_sentence_is_about_is_in_every_file_that_people_read() -> None:
    several = fakes.several()
    made = export.Pack(answers=(several,), made=MADE, settings={}, filters={})
    first, second = (name for name, _ in several.groups)
    lines = [paragraph.text for paragraph in open_docx(BytesIO(export.exported(made, "docx").data)).paragraphs]
    assert lines.index(first) + 1 == lines.index(f"{several.sentences[0].text} [1]")
    assert lines.index(second) + 1 == lines.index(f"{several.sentences[1].text} [2]")
    shown = MarkdownIt().render(export.markdown(made))
    assert f"<p><strong>{first}</strong></p>\n<p>{several.sentences[0].text} [1]</p>" in shown
    assert f"\n{second}:\n{several.sentences[1].text} [2]\n" in export.copied(several, MADE)


@given(st.text())
def test_whatever_a_text_holds_a_word_document_can_hold(text: str) -> None:
    answer = replace(fakes.answer("q", fakes.ANYTOWN, fakes.SENTENCES[:1]), question=text or "q")
    data = export.exported(export.Pack(answers=(answer,), made=MADE, settings={}, filters={}), "docx").data
    heading = writable(" ".join((text or "q").split()))
    assert open_docx(BytesIO(data)).paragraphs[1].text == heading


def test_the_markdown_shows_text_as_text() -> None:
    html = MarkdownIt().render(export.markdown(pack(*ALL)))
    for wrong in ("<img", "<script", "<svg", 'href="http://evil.example'):
        assert wrong not in html
    assert "&lt;img src=x onerror=alert(1)&gt; [link](http://evil.example)" in html
    for sentence in fakes.SENTENCES:
        assert sentence.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html
    assert "<strong>No answer.</strong>" in html


def test_the_provenance_pack_can_be_checked_again() -> None:
    held = json.loads(export.provenance(pack(fakes.BACKLOG, fakes.REFUSED)))
    texts = {fakes.ANYTOWN.id: fakes.ANYTOWN.text}
    assert [list(verify(answer, texts.get)) for answer in held["answers"]] == [[], []]
    assert held["generations"] == ["gen-1"]
    assert held["documents"] == {"anytown.md": {"title": fakes.ANYTOWN.title, "sha256": fakes.ANYTOWN.sha256}}
    assert (held["settings"], held["filters"]) == ({"retrieval": "hybrid"}, {"type": ["acute"]})
    assert held["made"] == "2026-11-22T09:30:00+00:00"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        pytest.param(
            Reference("The hub opens.", "Anytown Trust", "https://a.example/x", "2023-05-02"),
            "Anytown Trust. The hub opens [Internet]. 2 May 2023 [cited 2026 Nov 22]. Available from: https://a.example/x",
            id="a page",
        ),
        pytest.param(Reference("Minutes", "", "", ""), "Minutes. date unknown.", id="hardly anything"),
    ],
)
def test_a_reference_is_written_as_in_vancouver(row: Reference, line: str) -> None:
    assert vancouver(row, DAY) == line


def test_ris_has_a_record_for_each_source_once() -> None:
    rows = references(pack(fakes.BACKLOG, "And hips?").citations())
    text = ris(rows, DAY)
    assert text.count("TY  - ELEC\r\n") == text.count("ER  - \r\n") == len(rows) == 1
    assert "TI  - News: the hub opens\r\n" in text
    assert "PY  - 2023\r\n" in text
    assert "UR  - https://example.org/hub\r\n" in text
    # A line end in a title cannot begin a field of its own.
    assert "\nUR" not in ris([Reference("a\nUR  - evil", "", "", "")], DAY)


def test_what_is_copied_has_marks_places_and_references() -> None:
    words = export.copied(pack(fakes.BACKLOG).answers[0], MADE)
    assert f"{fakes.SENTENCES[0]} [1]" in words
    assert f"SHA-256 {fakes.ANYTOWN.sha256}" in words
    assert "1. Anytown Trust. News: the hub opens [Internet]." in words
    assert "No answer." in export.copied(pack(fakes.REFUSED).answers[0], MADE)


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(Downloads(), Feedback(tmp_path / "feedback.sqlite"), {})


@pytest.mark.parametrize("kind", list(export.FORMATS))
def test_every_format_is_fetched_under_a_secret_address(keeper: Keeper, kind: str) -> None:
    seen = is_ours(keeper.export(asked(fakes.BACKLOG), 0, kind))
    ((_, link),) = seen.tags
    file = keeper.downloads.get(str(link["href"]).removeprefix("/download/"))
    assert file
    assert file.name == link["download"]
    assert file.data


@pytest.mark.parametrize("number", [None, -1, 1, "0", 0.5, [0]], ids=repr)
@pytest.mark.parametrize("kind", ["docx", "exe", None, ["docx"]], ids=repr)
def test_nothing_is_made_of_answers_that_are_not_there(keeper: Keeper, number: object, kind: object) -> None:
    assert keeper.export(asked(fakes.BACKLOG), number, kind) == ""
    assert keeper.export(Session(), 0, kind) == ""


def test_downloads_make_room_and_do_not_last() -> None:
    downloads = Downloads()
    addresses = [downloads.put(File(name="a", media="text/plain", data=b"x")) for _ in range(MOST + 1)]
    assert len(set(addresses)) == MOST + 1
    tokens = [address.removeprefix("/download/") for address in addresses]
    assert downloads.get(tokens[0]) is None
    assert downloads.get(tokens[-1])
    assert downloads.get("") is None


def test_a_download_that_is_gone_is_said_plainly() -> None:
    with fakes.served(fakes.FakeAssistant()) as site:
        status, headers, words = fetch(f"{site}/download/x")
    assert status == 404
    assert "not there any more" in words
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_verdicts_become_a_question_set(keeper: Keeper, tmp_path: Path) -> None:
    session = asked(fakes.BACKLOG, "And hips?", fakes.REFUSED)
    session = keeper.rate(session, 0, "up", None)
    session = keeper.rate(session, 1, "down", None)
    session = keeper.rate(session, 1, "down", "wrong passage")
    session = keeper.rate(session, 2, "down", "should answer")
    assert [exchange.verdict.verdict for exchange in session.exchanges if exchange.verdict] == ["up", "down", "down"]
    assert keeper.feedback.counts() == {"up": 1, "down": 2}
    path = tmp_path / "feedback.jsonl"
    path.write_text(keeper.feedback.as_jsonl(), encoding="utf-8")
    good, wrong, refused = read_questions(path)
    assert [one.quote for one in good.must_cite] == list(fakes.SENTENCES)
    assert (good.answerable, good.relevant) == (True, ("anytown.md",))
    assert [turn.text for turn in wrong.history] == [fakes.BACKLOG, " ".join(fakes.SENTENCES)]
    assert [one.quote for one in wrong.must_not_cite] == [fakes.SENTENCES[0]]
    assert "wrong passage" in wrong.tags
    assert (refused.text, refused.answerable, refused.must_cite) == (fakes.REFUSED, True, ())


@pytest.mark.parametrize("reason", list(REASONS))
@pytest.mark.parametrize("question", [fakes.BACKLOG, fakes.REFUSED], ids=["answered", "refused"])
@pytest.mark.parametrize("verdict", ["up", "down"])
def test_every_verdict_is_a_question_that_can_be_read(
    keeper: Keeper, tmp_path: Path, reason: str, question: str, verdict: str
) -> None:
    keeper.rate(asked(question), 0, verdict, reason)
    path = tmp_path / "feedback.jsonl"
    path.write_text(keeper.feedback.as_jsonl(), encoding="utf-8")
    (read,) = read_questions(path)
    assert read.text == question


@pytest.mark.parametrize(
    ("number", "verdict", "reason"),
    [(0, "sideways", ""), (9, "up", ""), ("0", "up", ""), (0, None, ""), (0, ["up"], ""), (None, "up", "")],
    ids=repr,
)
def test_odd_verdicts_are_passed_over(keeper: Keeper, number: object, verdict: object, reason: object) -> None:
    session = asked(fakes.BACKLOG)
    assert keeper.rate(session, number, verdict, reason) == session
    assert keeper.feedback.counts() == {"up": 0, "down": 0}
    assert keeper.feedback.as_jsonl() == ""


def test_feedback_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    keeper = Keeper(Downloads(), Feedback(tmp_path / "no folder" / "feedback.sqlite"), {})
    with pytest.raises(CasebookError, match="could not be kept"):
        keeper.rate(asked(fakes.BACKLOG), 0, "up", "")


def test_a_conversation_that_goes_on_takes_its_own_place() -> None:
    past = keeping.remembered(None, asked(fakes.BACKLOG))
    past = keeping.remembered(past, asked(fakes.BACKLOG, "And hips?"))
    assert past == [{"questions": [fakes.BACKLOG, "And hips?"], "only": {}}]
    past = keeping.remembered(past, asked(fakes.REFUSED))
    assert [row["questions"] for row in past] == [[fakes.BACKLOG, "And hips?"], [fakes.REFUSED]]
    assert keeping.remembered(past, Session()) == past
    seen = is_ours(keeping.past_list(past))
    assert [a["href"] for tag, a in seen.tags if tag == "a"][1].startswith("/?q=How+did")
    assert keeping.past_list([]) == ""


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["questions", "only", "topic", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_a_browser_has_kept_is_borne(kept: object) -> None:
    past = keeping.as_past(kept)
    assert keeping.as_past(past) == past
    is_ours(keeping.past_list(kept))
