"""DOCX: blocks in order, what is left out, and archives that are not what they seem."""

import struct
import zipfile
from io import BytesIO

import docx
import pytest
from reader_files import check_laws, make_docx

from assistant.errors import DocumentRefused
from ingest.readers import Reading, read
from ingest.readers.docx_styles import _written


def read_docx(data: bytes) -> Reading:
    reading = read(data, "folder/a-report.docx")
    check_laws(reading)
    return reading


def text_of(body: str, styles: str = "", numbering: str = "") -> str:
    return read_docx(make_docx(body, styles=styles, numbering=numbering)).documents[0].text


def saved(document: docx.document.Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_document_made_by_word_s_own_styles() -> None:
    word = docx.Document()
    word.core_properties.title = ""
    word.add_heading("The Example Collaborative", 0)
    word.add_heading("Profile", 1)
    word.add_paragraph("It serves 1.3 million people.").add_run(" In two places.").bold = True
    word.add_heading("Aims", 2)
    for text in ("Reduce waits", "Share staff"):
        word.add_paragraph(text, style="List Bullet")
    for text in ("First", "Second"):
        word.add_paragraph(text, style="List Number")
    word.add_paragraph("")
    table = word.add_table(rows=3, cols=3)
    for row, texts in zip(
        table.rows, (("Trust", "Beds", "Staff"), ("One", "500", "20"), ("Two", "600", "")), strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 1).merge(table.cell(2, 1)).text = "all"
    word.sections[0].header.paragraphs[0].text = "Running head"
    reading = read_docx(saved(word))
    document = reading.documents[0]
    assert document.text == (
        "The Example Collaborative\n\nProfile\n\nIt serves 1.3 million people. In two places.\n\nAims\n\n"
        "Reduce waits\nShare staff\n1. First\n2. Second\n\nTrust | Beds | Staff\nOne | all | 20\nTwo"
    )
    assert [(heading.level, heading.title) for heading in document.headings] == [
        (1, "The Example Collaborative"),
        (1, "Profile"),
        (2, "Aims"),
    ]
    assert (document.title, reading.warnings) == ("The Example Collaborative", ())


@pytest.mark.parametrize(
    ("own", "heading", "title"),
    [("The Report", "Profile", "The Report"), ("Word Document", "Profile", "Profile"), ("", "", "a-report")],
)
def test_the_title_is_the_file_s_own_or_a_heading_or_the_name(own: str, heading: str, title: str) -> None:
    word = docx.Document()
    word.core_properties.title = own
    word.add_paragraph("Text before.")
    if heading:
        word.add_heading(heading, 1)
    assert read_docx(saved(word)).documents[0].title == title


def p(inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(r(text))}</w:tc>"


PAIR = f"<w:tr>{tc('a')}{tc('b')}</w:tr>"
IN_BOX = f"<w:txbxContent>{p(r('box'))}</w:txbxContent>"
BOX = (
    f"<w:r><mc:AlternateContent><mc:Choice>{IN_BOX}</mc:Choice><mc:Fallback>{IN_BOX}</mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p(r("a ") + r("b", "<w:vanish/>") + r("c")), "a c"),
        (p(r("a ") + r("b", '<w:vanish w:val="false"/>')), "a b"),
        (p(r("a ") + f"<w:del>{r('b').replace('w:t', 'w:delText')}</w:del><w:ins>{r('c')}</w:ins>"), "a c"),
        (p(r("a ") + f"<w:moveFrom>{r('b')}</w:moveFrom><w:moveTo>{r('c')}</w:moveTo>"), "a c"),
        (p(r("see ") + f"<w:hyperlink>{r('the link')}</w:hyperlink>"), "see the link"),
        (p("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r>"), "a b-c"),
        (p("<w:r><w:t>Line</w:t><w:br/><w:t>New line</w:t><w:br/><w:t>goes on</w:t></w:r>"), "Line\nNew line goes on"),
        (p('<w:r><w:fldChar/><w:instrText>PAGE</w:instrText></w:r>' + r("3")), "3"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{p(r('a'))}</w:sdtContent></w:sdt>{p(r('b'))}", "a\n\nb"),
        (p(r("a") + BOX), "a\n\nbox"),
        (f"<w:tbl><w:tr>{tc('a')}</w:tr><w:tr>{tc('b')}</w:tr></w:tbl>", "a\n\nb"),
        (f"<w:tbl>{PAIR}<w:tr><w:trPr><w:del/></w:trPr>{tc('c')}{tc('d')}</w:tr></w:tbl>", "a | b"),
        (f"<w:tbl><w:tr><w:tc>{p(r('Dudley'))}{p(r('Walsall'))}</w:tc>{tc('x')}</w:tr></w:tbl>", "Dudley; Walsall | x"),
        (f"<w:tbl><w:tr><w:tc><w:tbl>{PAIR}</w:tbl>{p('')}</w:tc>{tc('c')}</w:tr></w:tbl>", "a | b\n\nc"),
        (p(r("H"), '<w:outlineLvl w:val="1"/>'), "H"),
    ],
)  # fmt: skip
def test_what_is_seen_is_read(body: str, expected: str) -> None:
    assert text_of(body) == expected


def test_text_hidden_by_a_style_is_left_out_with_a_warning() -> None:
    styles = (
        '<w:style w:type="character" w:styleId="h"><w:name w:val="h"/><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="p"><w:name w:val="p"/><w:basedOn w:val="q"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="q"><w:name w:val="q"/><w:basedOn w:val="p"/>'
        "<w:rPr><w:vanish/></w:rPr></w:style>"
    )
    body = p(r("a ") + r("b", '<w:rStyle w:val="h"/>')) + p(r("c"), '<w:pStyle w:val="p"/>')
    reading = read_docx(make_docx(body, styles=styles))
    assert reading.documents[0].text == "a"
    assert reading.warnings == ("hidden text was left out",)


def test_headings_are_known_by_the_style_they_are_based_on() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="own"><w:name w:val="Case Study"/>'
        '<w:basedOn w:val="berschrift2"/></w:style>'
    )
    reading = read_docx(make_docx(p(r("Aims"), '<w:pStyle w:val="own"/>') + p(r("text")), styles=styles))
    assert [(heading.level, heading.title) for heading in reading.documents[0].headings] == [(2, "Aims")]


def test_numbers_are_counted_as_word_does() -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/>'
        "</w:lvlOverride></w:num>"
    )

    def item(text: str, depth: int, identifier: int = 1) -> str:
        return p(r(text), f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{identifier}"/></w:numPr>')

    body = (
        item("x", 0) + item("y", 1) + item("z", 1) + item("x", 0) + item("y", 1) + p(r("between")) + item("n", 0, 2)
        + item("none", 0, 0) + item("unknown", 0, 77)
    )  # fmt: skip
    assert text_of(body, numbering=numbering) == ("3. x\na. y\nb. z\n4. x\na. y\n\nbetween\n\n9. n\n\nnone\n\nunknown")


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        (28, "lowerLetter", "bb"),
        (4, "upperRoman", "IV"),
        (1994, "lowerRoman", "mcmxciv"),
        (5, "ordinal", "5"),
        (0, "lowerLetter", "0"),
    ],
)
def test_numbers_are_written_as_word_does(number: int, form: str, written: str) -> None:
    assert _written(number, form) == written


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="is empty"):
        read_docx(saved(docx.Document()))


def zipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def lying(size: int) -> bytes:
    """Return a document whose largest part says that it is small."""
    data = bytearray(make_docx(p(r("a" * 3_000_000))))
    place = data.rindex(b"word/document.xml", 0, data.rindex(b"PK\x05\x06")) - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 24 : place + 28] = struct.pack("<I", size)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_docx("", extra={"word/bomb.xml": b" " * 5_000_000}), "unpacks to more than 100 times its size"),
        (zipped({f"word/{number}": b"x" for number in range(2_001)}), "holds 2001 parts"),
        (zipped({"x": b"y"}), "is a zip archive and not a Word document"),
        (make_docx(p(r("text")))[:-30], "its zip archive is not whole"),
        (lying(1000), "fails its checksum|is not whole"),
        (make_docx("<w:p>" * 300 + "</w:p>" * 300), "its XML cannot be read|cannot be read"),
        (make_docx("<w:p>"), "its XML cannot be read"),
        (
            zipped(
                {
                    "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
                }
            ),
            "not a Word",
        ),
    ],
    ids=["bomb", "many parts", "other zip", "cut", "a lie", "deep", "not whole XML", "no document"],
)
def test_hostile_and_broken_archives_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRefused, match=reason):
        read(data, "a.docx")


def test_entities_are_not_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = make_docx(p(r("&l11;"))).replace(b"", b"")
    with zipfile.ZipFile(BytesIO(body)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    declared = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'.encode()
    files["word/document.xml"] = declared + files["word/document.xml"]
    try:
        assert "haha" not in read(zipped(files), "a.docx").documents[0].text
    except DocumentRefused as refusal:
        assert str(refusal)
