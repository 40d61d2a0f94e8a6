"""Answers, passages and sources as they are read in a terminal: plain text, wrapped, no colours needed."""

import shutil
import textwrap
from collections.abc import Sequence

from assistant.schema import Answer, Citation, Document, Hit, Source

_NEAREST = 3


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 100)


def _wrap(text: str, indent: str = "", hang: str | None = None) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        _width(),
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_long_words=False,  # an address that is cut cannot be opened
        break_on_hyphens=False,
    )


def source_line(source: Source) -> str:
    """Return one source in words: title, publisher, date or "undated", address."""
    parts = [source.title, source.publisher, source.date or "undated", source.url]
    return ", ".join(part for part in parts if part)


def citation_lines(citation: Citation) -> list[str]:
    """Return a citation: whose text, under which heading, on which page, from which sources."""
    where = " > ".join(citation.heading[1:]) or citation.title
    page = f", page {citation.page}" if citation.page else ""
    lines = [_wrap(f"{citation.whose}: {where}{page}", f"[{citation.number}] ", "    ")]
    lines.append(_wrap(f"{citation.document_id}, characters {citation.start} to {citation.end}", "    "))
    if not citation.sources:
        lines.append("    undated")
    lines.extend(_wrap(source_line(source), "    ", "      ") for source in citation.sources)
    return lines


def show_answer(answer: Answer) -> str:
    """Return an answer with its marks and citations, or a refusal with the nearest passages."""
    lines: list[str] = []
    if answer.searched_for != answer.question.strip():
        lines += [_wrap(f"Searched for: {answer.searched_for}"), ""]
    if answer.abstained:
        lines += [_wrap(answer.text), ""]
        if answer.hits and answer.reason not in {"clinical_advice", "personal_data"}:
            lines.append("Nearest passages, not an answer:")
            lines.extend(_hit_line(hit) for hit in answer.hits[:_NEAREST])
        return "\n".join(lines).rstrip()
    for name, sentences in answer.groups:
        lines += [*([""] if lines and lines[-1] else []), f"{name}:"] if name else []
        for sentence in sentences:
            marks = "".join(f"[{number}]" for number in sentence.citations)
            lines.append(_wrap(f"{sentence.text} {marks}"))
    lines += ["", *(_wrap(note, "Note: ", "      ") for note in answer.notes)] if answer.notes else []
    lines += ["", "Sources"]
    for citation in answer.citations:
        lines.extend(citation_lines(citation))
    return "\n".join(lines)


def _hit_line(hit: Hit) -> str:
    where = " > ".join(hit.passage.heading_path)
    return _wrap(f"{where}: {textwrap.shorten(hit.passage.text, 160, placeholder=' …')}", "  - ", "    ")


def show_hits(hits: Sequence[Hit]) -> str:
    """Return ranked passages with their scores."""
    lines: list[str] = []
    for hit in hits:
        passage = hit.passage
        lines.append(f"{hit.rank}. {hit.score:.3f}  {passage.id}  {' > '.join(passage.heading_path)}")
        lines += [_wrap(passage.text, "   "), ""]
    return "\n".join(lines).rstrip() or "Nothing matches."


def show_document(document: Document, start: int, end: int) -> str:
    """Return a slice of a document as it is, behind a line that says where it stands."""
    part = f"characters {start} to {end} of {len(document.text)}"
    head = f"{document.id}: {document.title} ({part}, SHA-256 {document.sha256})"
    return f"{head}\n\n{document.text[start:end]}"
