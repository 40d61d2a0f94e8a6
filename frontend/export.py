"""A conversation as a file to keep: Markdown, a JSON provenance pack, references, or a Word document."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.schema import REASONS, Answer, Citation
from frontend.dates import plain_date
from frontend.downloads import File
from frontend.purpose import INTENDED_USE
from frontend.references import references, ris, vancouver

NAME = "casebook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What is exported: answers in their order, when, and with which settings and filters."""

    answers: tuple[Answer, ...]
    made: datetime
    settings: Mapping[str, Any]
    filters: Mapping[str, Sequence[str]]

    def citations(self) -> tuple[Citation, ...]:
        """Return the citations of all answers."""
        return tuple(citation for answer in self.answers for citation in answer.citations)

    def reference_lines(self) -> list[str]:
        """Return the references in the Vancouver style, numbered."""
        rows = references(self.citations())
        return [f"{number}. {vancouver(row, self.made.date())}" for number, row in enumerate(rows, 1)]

    def note(self) -> str:
        """Return the line that says what this is and where it comes from."""
        generations = ", ".join(dict.fromkeys(answer.generation for answer in self.answers))
        day = plain_date(self.made.date().isoformat())
        return f"Made with Casebook on {day} from corpus generation {generations}. {INTENDED_USE}"


def place_of(citation: Citation) -> str:
    """Return where a quote stands: title, headings, page, characters and hash."""
    path = " › ".join(part for part in citation.heading if part != citation.title)
    page = f"page {citation.page}" if citation.page is not None else ""
    span = f"characters {citation.start} to {citation.end} of {citation.document_id}"
    return ", ".join(filter(None, [citation.title, path, page, span, f"SHA-256 {citation.sha256}"]))


def refusal_words(answer: Answer) -> str:
    """Return why there is no answer."""
    reason = REASONS[answer.reason] if answer.reason else ""
    return answer.text if reason in answer.text else f"{reason} {answer.text}".strip()


def with_marks(answer: Answer) -> list[str]:
    """Return an answer's sentences with their marks, under the names of whom they are about."""
    lines = []
    for name, sentences in answer.groups:
        lines += [f"{name}:"] if name else []
        lines += [s.text + " " + "".join(f"[{number}]" for number in s.citations) for s in sentences]
    return lines


def copied(answer: Answer, made: datetime) -> str:
    """Return an answer as it is pasted elsewhere: its sentences with marks, its quotes' places, and its references."""
    if answer.abstained:
        return f"{answer.question}\n\nNo answer. {refusal_words(answer)}"
    pack = Pack(answers=(answer,), made=made, settings={}, filters={})
    marks = [f"[{citation.number}] {place_of(citation)}" for citation in answer.citations]
    notes = [f"Note: {note}" for note in answer.notes]
    parts = [answer.question, "\n".join([*with_marks(answer), *notes]), "\n".join(marks)]
    return "\n\n".join([*parts, "References\n" + "\n".join(pack.reference_lines())])


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|!~$&" else character for character in text)


def markdown(pack: Pack) -> str:
    """Return a conversation in Markdown; text from documents and readers stays text."""
    parts = ["# Answers from Casebook"]
    for answer in pack.answers:
        parts.append(f"## {_escaped(' '.join(answer.question.split()))}")
        if answer.searched_for.strip() != answer.question.strip():
            parts.append(f"Searched for: {_escaped(answer.searched_for)}")
        if answer.abstained:
            parts.append(f"**No answer.** {_escaped(refusal_words(answer))}")
            continue
        for name, sentences in answer.groups:
            parts += [f"**{_escaped(name)}**"] if name else []
            for sentence in sentences:
                marks = "".join(f"\\[{number}\\]" for number in sentence.citations)
                parts.append(f"{_escaped(sentence.text)} {marks}")
        parts += [f"*Note: {_escaped(note)}*" for note in answer.notes]
        parts.append("### Where it stands")
        for one in answer.citations:
            quote = "\n".join(f"> {_escaped(line)}" for line in one.quote.splitlines())
            parts.append(f"\\[{one.number}\\] {_escaped(place_of(one))}\n\n{quote}")
    lines = [_escaped(line) for line in pack.reference_lines()]
    parts += ["## References", "\n".join(lines)] if lines else []
    return "\n\n".join([*parts, "---", _escaped(pack.note()), ""])


def provenance(pack: Pack) -> str:
    """Return all that is needed to check a conversation: answers in the published contract, settings and date."""
    documents = {one.document_id: {"title": one.title, "sha256": one.sha256} for one in pack.citations()}
    held = {
        "schema": 1,
        "made": pack.made.isoformat(timespec="seconds"),
        "intended_use": INTENDED_USE,
        "generations": list(dict.fromkeys(answer.generation for answer in pack.answers)),
        "settings": dict(pack.settings),
        "filters": {name: list(values) for name, values in pack.filters.items()},
        "documents": documents,
        "answers": [answer.to_json() for answer in pack.answers],
        "references": pack.reference_lines(),
    }
    return json.dumps(held, ensure_ascii=False, indent=2)


def _docx(pack: Pack) -> bytes:
    from frontend.export_docx import docx

    return docx(pack)


def _text(make: Callable[[Pack], str]) -> Callable[[Pack], bytes]:
    return lambda pack: make(pack).encode("utf-8", errors="replace")


# A format: its name for people, the ending, the media type, and what makes it.
FORMATS: dict[str, tuple[str, str, str, Callable[[Pack], bytes]]] = {
    "docx": (
        "Word",
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _docx,
    ),
    "markdown": ("Markdown", "md", "text/markdown; charset=utf-8", _text(markdown)),
    "json": ("JSON with hashes", "json", "application/json", _text(provenance)),
    "vancouver": (
        "References (Vancouver)",
        "txt",
        "text/plain; charset=utf-8",
        _text(lambda pack: "\n".join(pack.reference_lines()) + "\n"),
    ),
    "ris": (
        "References (RIS)",
        "ris",
        "application/x-research-info-systems",
        _text(lambda pack: ris(references(pack.citations()), pack.made.date())),
    ),
}


def exported(pack: Pack, kind: str) -> File:
    """Return a pack as a file of a known format."""
    _, ending, media, make = FORMATS[kind]
    return File(name=f"{NAME}-{pack.made.strftime('%Y-%m-%d-%H%M')}.{ending}", media=media, data=make(pack))
