"""What a file is by its first bytes, so that a name that says otherwise is refused instead of half read."""

from assistant.errors import DocumentRefused

_PDF = "a PDF"
_ZIP = "a zip archive (perhaps a Word document)"
_OLD_OFFICE = "an old Office file, or one locked with a password"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", _PDF),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"{\\rtf", "a rich-text (RTF) document"),
    (b"\x89PNG\r\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_WEB_PAGE = "a web page"
# A PDF may begin within its first 1,024 bytes; readers of PDF allow for what stands before.
_PDF_WITHIN = 1024
_EXPECTED = {".pdf": (_PDF, "a PDF"), ".docx": (_ZIP, "a Word document")}
_ADVICE = {
    _PDF: "if it is one, let its name end in .pdf",
    _ZIP: "if it is a Word document, let its name end in .docx",
    _OLD_OFFICE: "open it in Word and save it as .docx, without a password",
    _WEB_PAGE: "let its name end in .html",
}


def kind_of(data: bytes) -> str | None:
    """Return what the first bytes say a file is; None for text and anything unknown."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return _WEB_PAGE if start.startswith((b"<!doctype html", b"<html")) else None


def check_signature(data: bytes, suffix: str) -> None:
    """Refuse a file whose content is of another kind than its name says."""
    kind = kind_of(data)
    if suffix in _EXPECTED:
        wanted, words = _EXPECTED[suffix]
        if kind == wanted or (wanted == _PDF and b"%PDF-" in data[:_PDF_WITHIN]):
            return
        is_what = f"is {kind}" if kind else f"does not begin as {words} does"
        advice = _ADVICE.get(kind or "", "it is damaged, or something else under this name")
        raise DocumentRefused(f"{is_what}, though its name ends in {suffix}: {advice}")
    # Markdown may begin with a line of HTML; plain text and JSON lines that do are a page saved wrongly.
    if kind is None or (kind == _WEB_PAGE and suffix not in (".txt", ".jsonl")):
        return
    advice = _ADVICE.get(kind, "only text can be read under this name")
    raise DocumentRefused(f"is {kind}, though its name ends in {suffix}: {advice}")
