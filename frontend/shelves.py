"""What happens in the library: searching, reading, and the list of all documents."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from assistant.errors import CasebookError, DocumentUnknown
from frontend import library, uploading
from frontend.markup import Html, element, join, sendable
from frontend.uploads import Step, Uploads

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

LONGEST_WORDS = 300
FOUND = 60


class Shelves:
    """Shows the library's documents; whatever a browser sends is checked here."""

    def __init__(self, assistant: "Assistant", uploads: Uploads) -> None:
        self.assistant = assistant
        self.uploads = uploads

    def all(self, notice: Html | None = None, since: str = "") -> Html:
        """Return the list of all documents, or of those that came in or changed since a day."""
        form = uploading.form(is_open=self.uploads.is_open)
        notices = join(filter(None, [form, notice]))
        documents, days = self.assistant.documents(), self.assistant.days()
        return library.listing(documents, self.uploads.own(), notices, days=days, since=since)

    def since(self, day: object) -> Html:
        """Return the documents that came in or changed since a day; all of them where it is no day."""
        try:
            known = date.fromisoformat(day if isinstance(day, str) else "").isoformat()
        except ValueError:
            return self.all(problem("Choose a day, such as 1 November 2026."))
        return self.all(since=known)

    def take_in(self, tokens: object) -> Iterator[Html]:
        """Yield the library while files that were sent are taken in, and after that with the report."""
        yield from self._shown(lambda: self.uploads.take_in(tokens))

    def bring(self, address: object) -> Iterator[Html]:
        """Yield the library while what is at an address is fetched and taken in, and after that with the report."""
        text = sendable(address).strip() if isinstance(address, str) else ""
        yield from self._shown(lambda: self.uploads.bring(text))

    def remove(self, document_id: object, sure: object) -> Iterator[Html]:
        """Yield the library asking whether a document is to go; or, where that is sure, while it goes."""
        known = {document.id: document for document in self.assistant.documents()}
        if not isinstance(document_id, str) or document_id not in known:
            yield self.all(problem("This document is not in the library, or not any more."))
        elif sure != "yes":
            yield self.all(uploading.asking(document_id, known[document_id].title or document_id))
        else:
            yield from self._shown(lambda: self.uploads.remove(document_id))

    def _shown(self, work: Callable[[], Iterator[Step]]) -> Iterator[Html]:
        try:
            for step in work():
                words = uploading.report(step.report) if step.report else uploading.progress(step.words)
                yield self.all(words)
        except CasebookError as error:
            yield self.all(problem(str(error)))

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
