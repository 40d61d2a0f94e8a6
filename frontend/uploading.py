"""The upload part of the library as HTML: choosing files, how far it is, and the report in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from frontend.markup import Html, element

ACCEPTED = ".md,.markdown,.txt,.html,.htm,.pdf,.docx,.jsonl"
_TITLES = (
    ("added", "Taken in"),
    ("updated", "Replaced by the new version"),
    ("unchanged", "Here already, unchanged"),
    ("removed", "Removed, with everything made from it"),
)


def form(*, is_open: bool) -> Html:
    """Return the form to choose files with; nothing where documents cannot be changed."""
    if not is_open:
        return Html()
    note = "Markdown, text, HTML, PDF, DOCX or JSONL, at most 20 MB each. They stay on this machine."
    inside = element(
        "form",
        element("label", "Files to add", for_="cb-files"),
        element("input", id="cb-files", type="file", multiple=True, accept=ACCEPTED),
        element("button", "Add to the library", type="submit"),
        element("p", note, class_="cb-quiet"),
        element("p", class_="cb-carried-files", role="status"),
        data_act="upload",
    )
    return element("details", element("summary", "Add documents"), inside, address_form(), class_="cb-upload")


def address_form() -> Html:
    """Return the form to give a web address in."""
    return element(
        "form",
        element("label", "Or the web address of a page or file", for_="cb-address"),
        element("input", id="cb-address", name="address", type="url", maxlength=2_000, autocomplete="off"),
        element("button", "Fetch it", type="submit"),
        element("p", "This machine fetches it once, from the open internet only.", class_="cb-quiet"),
        data_act="bring",
    )


def progress(words: str) -> Html:
    """Return how far an ingest is."""
    said = f"Reading, checking and indexing the documents … {words}"
    return element("div", element("p", said), class_="cb-waiting", role="status")


def report(said: Mapping[str, Any]) -> Html:
    """Return what an ingest did, in words: what came in, what was there, what was refused and why."""
    lines = [line(title, said.get(name, ())) for name, title in _TITLES if said.get(name)]
    for name, title in (("refused", "Not taken in"), ("warned", "To be noted")):
        lines += [
            element("p", element("strong", f"{title}: "), f"{short(row['document'])}: {row['reason']}")
            for row in said.get(name, ())
        ]
    if not lines:
        lines = [element("p", "Nothing has changed.")]
    return element("div", *lines, class_="cb-problem" if said.get("refused") else "cb-report")


def line(title: str, names: Sequence[str]) -> Html:
    """Return one outcome with its documents."""
    return element("p", element("strong", f"{title}: "), ", ".join(map(short, names)), ".")


def short(name: str) -> str:
    """Return a document's name without the folder that uploads are kept in."""
    return name.replace("\\", "/").rpartition("/")[2]


def asking(document_id: str, title: str) -> Html:
    """Return the question whether a document is really to go."""
    sure = element(
        "button",
        "Remove for good",
        type="button",
        class_="cb-plain-button",
        data_act="remove",
        data_document=document_id,
        data_sure="yes",
    )
    keep = element("a", "Keep it", href="/?view=library", class_="cb-link", data_act="shelf")
    words = element("p", f"Remove “{title}” with its text, its passages and its file?")
    return element("div", words, element("p", sure, " ", keep, class_="cb-find-row"), class_="cb-problem")
