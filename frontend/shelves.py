"""What happens in the library: searching, reading, and the list of all documents."""

from typing import TYPE_CHECKING

from assistant.errors import CasebookError, DocumentUnknown
from frontend import library
from frontend.markup import Html, element, sendable

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

LONGEST_WORDS = 300
FOUND = 60


class Shelves:
    """Shows the library's documents; whatever a browser sends is checked here."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant

    def all(self, notice: Html | None = None) -> Html:
        """Return the list of all documents."""
        return library.listing(self.assistant.documents(), notice=notice)

    def find(self, words: object) -> Html:
        """Return the passages that match some words; all documents where there are no words."""
        text = sendable(words).strip()[:LONGEST_WORDS] if isinstance(words, str) else ""
        if not text:
            return self.all()
        try:
            hits = self.assistant.search(text, limit=FOUND)
        except CasebookError as error:
            return self.all(problem(str(error)))
        return library.found(text, hits, {document.id: document for document in self.assistant.documents()})

    def read(self, document_id: object, start: object = 0) -> Html:
        """Return a document to read from a place on; the list of all where there is no such document."""
        try:
            document = self.assistant.document(document_id if isinstance(document_id, str) else "")
        except DocumentUnknown:
            return self.all(problem("This document is not in the library, or not any more."))
        place = start if isinstance(start, int) and 0 <= start < len(document.text) else 0
        return library.reading(document, place)


def problem(words: str) -> Html:
    """Return a notice that something could not be done."""
    return element("div", element("p", words), class_="cb-problem")
