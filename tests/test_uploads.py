"""Uploads: names that can be stored, files that are taken in by a child process, and removal of every trace."""

import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import frontend_fakes as fakes
import pytest
from frontend_seen import fetch, is_ours
from hypothesis import given
from hypothesis import strategies as st
from reader_files import make_pdf, prose

from assistant.catalogue import Catalogue
from assistant.errors import CasebookError, DocumentRefused, IngestRefused
from assistant.generations import current_folder
from frontend import uploading
from frontend.fetching import told
from frontend.shelves import Shelves
from frontend.uploads import LONGEST_NAME, MOST_WAITING, Uploads, safe_name

FACT = "The Zedtown Collaborative opened a frozen shoulder clinic in March 2024."


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("report.pdf", "report.pdf", id="plain"),
        pytest.param("../../etc/passwd.txt", "passwd.txt", id="a way out"),
        pytest.param("C:\\Users\\me\\a.docx", "a.docx", id="a path of Windows"),
        pytest.param("<img src=x>.md", "_img src=x_.md", id="a tag"),
        pytest.param("  .hidden.md ", "hidden.md", id="hidden"),
    ],
)
def test_a_name_is_made_one_that_can_be_stored(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@pytest.mark.parametrize("name", ["", "..", "a\nb.md", "\u202etxt.md", "x" * (LONGEST_NAME + 1), "/"], ids=ascii)
def test_a_name_that_cannot_be_stored_is_refused(name: str) -> None:
    with pytest.raises(DocumentRefused, match="rename the file"):
        safe_name(name)


@given(st.text(max_size=200))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    try:
        kept = safe_name(name)
    except DocumentRefused:
        return
    assert Path("/uploads", kept).parent == Path("/uploads")
    assert not kept.startswith(".")


def test_nothing_can_be_changed_where_others_are_served(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, is_open=False)
    for work in (
        lambda: uploads.store("a.md"),
        lambda: list(uploads.take_in([])),
        lambda: list(uploads.remove("a")),
        lambda: list(uploads.bring("https://a.example")),
    ):
        with pytest.raises(IngestRefused, match="open to others"):
            work()
    assert "cb-files" not in Shelves(fakes.FakeAssistant(), uploads).all()  # type: ignore[arg-type]
    uploads.close()


@pytest.mark.parametrize("tokens", [None, "x", ["x"], [["x"]], {"a": 1}], ids=repr)
def test_tokens_that_were_not_given_bring_nothing(tmp_path: Path, tokens: object) -> None:
    uploads = Uploads(tmp_path, is_open=True)
    with pytest.raises(IngestRefused, match="No file has arrived"):
        list(uploads.take_in(tokens))
    uploads.close()


def test_files_that_are_never_taken_in_make_room(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, is_open=True)
    first, place = uploads.store("a.md")
    place.write_text("x")
    for _ in range(MOST_WAITING):
        uploads.store("a.md")
    assert uploads.taken(first) is None
    assert not place.exists()
    uploads.close()


def test_the_report_is_in_words() -> None:
    said = {
        "added": ["a/<b>.md"],
        "updated": [],
        "refused": [{"document": "C:\\x\\y.pdf", "reason": "is <empty>"}],
        "warned": [{"document": "z.md", "reason": "has the same text as y.md; both are kept"}],
    }
    seen = is_ours(uploading.report(said))
    assert (
        seen.text()
        == "Taken in: <b>.md.Not taken in: y.pdf: is <empty>To be noted: z.md: has the same text as y.md; both are kept"
    )
    assert uploading.report({}).count("Nothing has changed.") == 1


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with fakes.served(fakes.FakeAssistant()) as address:
        yield address


@pytest.mark.parametrize(
    ("headers", "name", "status"),
    [
        pytest.param({"X-Casebook": "upload"}, "a.md", 200, id="as the page does"),
        pytest.param({}, "a.md", 403, id="a form of another page"),
        pytest.param({"X-Casebook": "upload", "Origin": "https://evil.example"}, "a.md", 403, id="another site"),
        pytest.param({"X-Casebook": "upload"}, "..", 400, id="no name"),
    ],
)
def test_only_the_page_brings_files(site: str, headers: dict[str, str], name: str, status: int) -> None:
    assert fetch(f"{site}/upload?name={name}", b"# T", headers)[0] == status


def test_files_are_not_brought_where_others_are_served() -> None:
    with fakes.served(fakes.FakeAssistant(), local=False) as site:
        status, _, words = fetch(f"{site}/upload?name=a.md", b"# T", {"X-Casebook": "upload"})
    assert status == 400
    assert "open to others" in words


def test_a_file_that_is_too_large_is_refused(site: str) -> None:
    request = urllib.request.Request(f"{site}/upload?name=a.md", data=b"", headers={"X-Casebook": "upload"})
    request.add_unredirected_header("Content-Length", str(20_000_001))
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request, timeout=20):
        pass
    with refused.value:
        assert refused.value.code == 413


def bring(uploads: Uploads, name: str, data: bytes) -> str:
    token, place = uploads.store(name)
    place.write_bytes(data)
    return token


@pytest.mark.slow
def test_files_come_in_are_named_and_go_with_every_trace(corpus_index: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(corpus_index, index)
    uploads = Uploads(index, is_open=True)
    pdf = make_pdf([prose(72, 720, [FACT, "It has two trusts."])])
    tokens = [bring(uploads, "Zed.pdf", pdf), bring(uploads, "cmast.md", b"# Mine"), bring(uploads, "bad.pdf", b"no")]
    *steps, last = uploads.take_in(tokens)
    assert steps
    assert not any(step.report for step in steps)
    assert last.report["added"] == ["Zed.pdf"]
    assert len(last.report["refused"]) == 2
    assert list(uploads.own()) == ["Zed.pdf"]
    assert [path.name for path in uploads.folder.iterdir()] == ["Zed.pdf"]
    *_, worse = uploads.take_in([bring(uploads, "Zed.pdf", b"no PDF any more")])
    assert len(worse.report["refused"]) == 1
    assert (uploads.folder / "Zed.pdf").read_bytes() == pdf, "what was there before is kept"
    with pytest.raises(IngestRefused, match="Two of these files"):
        list(uploads.take_in([bring(uploads, "Zed.pdf", pdf), bring(uploads, "zed.PDF", b"other")]))
    with pytest.raises(IngestRefused, match="not uploaded here"):
        list(uploads.remove("cmast.md"))
    *_, gone = uploads.remove("Zed.pdf")
    assert gone.report["removed"] == ["Zed.pdf"]
    assert not list(uploads.folder.iterdir())
    with Catalogue(current_folder(index) / "record.sqlite", read_only=True) as record:
        assert "Zed.pdf" not in record.rows()
    assert b"frozen shoulder clinic" not in (index / "record.sqlite").read_bytes()
    uploads.close()


@pytest.mark.slow
@pytest.mark.slow
def test_what_is_at_an_address_comes_in_with_its_address(
    corpus_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    shutil.copytree(corpus_index, index)
    uploads = Uploads(index, is_open=True)
    page = told(f"<title>Zedtown</title><p>{FACT}</p>".encode(), ".html", "", "https://zed.example/clinic")
    monkeypatch.setattr("frontend.uploads.fetch", lambda address: ("zed-example-clinic.html", page))
    first, *_, last = uploads.bring("https://zed.example/clinic")
    assert "https://zed.example/clinic" in first.words
    assert last.report["added"] == ["zed-example-clinic.html"]
    with Catalogue(current_folder(index) / "record.sqlite", read_only=True) as record:
        assert record.document("zed-example-clinic.html").metadata.source_url == "https://zed.example/clinic"
    uploads.close()


def test_an_address_that_is_not_fetched_is_said_in_the_library(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, is_open=True)
    *_, said = Shelves(fakes.FakeAssistant(), uploads).bring("http://127.0.0.1/<b>")  # type: ignore[arg-type]
    assert "127.0.0.1 is not on the open internet" in is_ours(said).text("cb-problem")
    *_, said = Shelves(fakes.FakeAssistant(), uploads).bring(["x"])  # type: ignore[arg-type]
    assert "no web address" in is_ours(said).text("cb-problem")
    uploads.close()


def test_an_ingest_that_does_nothing_is_said_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("gen-1")
    uploads = Uploads(tmp_path, is_open=True)
    with pytest.raises(CasebookError, match="record"):
        list(uploads._run([str(tmp_path)]))
    uploads.close()
