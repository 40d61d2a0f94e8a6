"""Files for the readers' tests, made by code, and the laws that every reading keeps."""

import re
import unicodedata
import zipfile
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise

from assistant.schema import Document, sha256_of
from ingest.readers import Reading
from ingest.readers.canonical import visible

Lines = Sequence[tuple[float, float, float, str]]
"""Lines of a PDF page: left end, base line, letter size, text."""


def check_laws(reading: Reading, *, verbatim: bool = False) -> None:
    """Assert what holds for every document; texts of JSON lines are kept verbatim and may be laid out freely."""
    assert reading.documents or reading.refused
    for document in reading.documents:
        assert document.sha256 == sha256_of(document.text)
        assert document.text.strip()
        assert unicodedata.is_normalized("NFC", document.text)
        assert visible(document.text) == document.text
        assert "\t" not in document.text
        assert document.title == document.title.strip()
        _check_offsets(document)
        if not verbatim:
            assert document.title
            assert not re.search(r"[^\S\n]\n|\n{3}|[^\S\n]\Z|\A\s*\n|\n\Z", document.text)
            assert not re.search(r"[^\S \n]", document.text)


def _check_offsets(document: Document) -> None:
    for heading in document.headings:
        assert document.text[heading.start : heading.end] == heading.title
        assert heading.level >= 1
    for before, after in pairwise(document.headings):
        assert before.end < after.start
    for mark in document.marks:
        assert 0 <= mark.start < mark.end <= len(document.text)
        assert mark.keys
    starts = document.page_starts
    assert list(starts) == sorted(starts)
    assert not starts or (starts[0] == 0 and starts[-1] <= len(document.text))
    for start in starts:
        assert start in (0, len(document.text)) or document.text[start - 2 : start] == "\n\n"


def prose(left: float, top: float, lines: Sequence[str], size: float = 12, leading: float = 14) -> Lines:
    """Return lines of a PDF page one below the other."""
    return [(left, top - number * leading, size, line) for number, line in enumerate(lines)]


def make_pdf(
    pages: Sequence[Lines],
    *,
    title: str = "",
    outline: Sequence[tuple[str, int]] = (),
    turn: int = 0,
) -> bytes:
    """Return a PDF of pages of lines; the outline holds (title, index of its page)."""
    first_page = 5
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R{' /Outlines 4 0 R' if outline else ''} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    kids = []
    for index, lines in enumerate(pages):
        page, content = first_page + 2 * index, first_page + 2 * index + 1
        kids.append(f"{page} 0 R")
        stream = b"\n".join(_show(line, turn) for line in lines)
        objects[page] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {content} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
        objects[content] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
    objects[2] = f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(kids)}] >>".encode()
    last = first_page + 2 * len(pages)
    for place, (name, index) in enumerate(outline):
        follow = f"/Next {last + place + 1} 0 R" if place + 1 < len(outline) else ""
        objects[last + place] = (
            f"<< /Title ({name}) /Parent 4 0 R /Dest [{first_page + 2 * index} 0 R /Fit] {follow} >>".encode()
        )
    if outline:
        objects[4] = f"<< /First {last} 0 R /Last {last + len(outline) - 1} 0 R >>".encode()
    info = last + len(outline)
    objects[info] = f"<< /Title ({title}) >>".encode()
    return _assembled(objects, info)


def _show(line: tuple[float, float, float, str], turn: int) -> bytes:
    left, base, size, text = line
    escaped = re.sub(r"([\\()])", r"\\\1", text).encode("cp1252")
    matrix = ("1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0")[turn]
    place = ((left, base), (600 - base, left), (600 - left, 800 - base), (base, 800 - left))[turn]
    return b"BT /F1 %g Tf %s %g %g Tm (%s) Tj ET" % (size, matrix.encode(), *place, escaped)


def _assembled(objects: dict[int, bytes], info: int) -> bytes:
    out = BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    xref = out.tell()
    out.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in sorted(places.items()):
        out.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    out.write(trailer % (max(objects) + 1, info, xref))
    return out.getvalue()


def make_docx(body: str, *, styles: str = "", numbering: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """Return a Word document of raw WordprocessingML, for what python-docx itself cannot write."""
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {"document": f"<w:document {w} {mc}><w:body>{body}</w:body></w:document>"}
    if styles:
        parts["styles"] = f"<w:styles {w}>{styles}</w:styles>"
    if numbering:
        parts["numbering"] = f"<w:numbering {w}>{numbering}</w:numbering>"
    kinds = {name: "document.main" if name == "document" else name for name in parts}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{kind}.{part_kind}+xml"/>'
        for name, part_kind in kinds.items()
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{relation}/{name}" Target="{name}.xml"/>'
        for number, name in enumerate(parts)
        if name != "document"
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relation}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        **{f"word/{name}.xml": text for name, text in parts.items()},
        **(extra or {}),
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()
