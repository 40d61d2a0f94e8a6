"""Which files an ingest takes, which it refuses by name, and what stops it."""

import os
import socket
from pathlib import Path

import pytest

from assistant.errors import IngestRefused
from ingest import sources
from ingest.sources import Listing, find


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return folder


def ids(listing: Listing) -> list[str]:
    return [file.document_id for file in listing.files]


def test_a_folder_gives_its_files_in_order_with_their_paths_as_ids(tmp_path: Path) -> None:
    root = fill(tmp_path / "in", "b.md", "A.PDF", "sub/c.docx", "sub/deep/d.jsonl")
    fill(root, ".git/x.md", ".hidden.md", "sub/.x/y.md", "~$lock.docx", "Thumbs.db", "__MACOSX/a.md")
    listing = find([str(root)])
    assert ids(listing) == ["A.PDF", "b.md", "sub/c.docx", "sub/deep/d.jsonl"]
    assert listing.refused == ()
    assert listing.roots == (str(root.resolve()),)
    assert {file.root for file in listing.files} == {str(root.resolve())}
    assert listing.files[2].path == root.resolve() / "sub" / "c.docx"


def test_a_file_is_its_own_root(tmp_path: Path) -> None:
    root = fill(tmp_path, "a.md", ".b.md", "c.md")
    listing = find([str(root / "a.md"), str(root / ".b.md")])
    assert [(file.root, file.document_id) for file in listing.files] == [
        (str((root / "a.md").resolve()), "a.md"),
        (str((root / ".b.md").resolve()), ".b.md"),
    ]
    assert listing.roots == tuple(file.root for file in listing.files)


def test_the_same_root_named_twice_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "in/a.md")
    monkeypatch.chdir(tmp_path)
    listing = find(["in", str(tmp_path / "in"), "in/../in/"])
    assert (ids(listing), len(listing.roots), listing.refused) == (["a.md"], 1, ())


def test_an_id_that_is_taken_is_refused_naming_both(tmp_path: Path) -> None:
    one, two = fill(tmp_path / "one", "a.md"), fill(tmp_path / "two", "a.md", "b.md")
    listing = find([str(one), str(two)])
    assert ids(listing) == ["a.md", "b.md"]
    assert listing.files[0].path == one.resolve() / "a.md"
    assert listing.refused == (("a.md", f"its id 'a.md' is also that of {one.resolve() / 'a.md'}: rename one of them"),)


def test_names_that_differ_only_in_their_spelling_collide(tmp_path: Path) -> None:
    fill(tmp_path, "caf\u00e9.md", "cafe\u0301.md")
    listing = find([str(tmp_path)])
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system spells names one way")
    assert ids(listing) == ["caf\u00e9.md"]
    assert [name for name, _ in listing.refused] == ["caf\u00e9.md"]


def test_what_cannot_be_taken_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fill(tmp_path / "in", "a.md", "large.md", "large.jsonl", "page.xlsx", "README")
    (root / "empty.md").touch()
    (root / "large.md").write_bytes(b"x" * 60)
    (root / "large.jsonl").write_bytes(b"x" * 60)
    monkeypatch.setattr(sources, "LARGEST_FILE", 50)
    listing = find([str(root)])
    reasons = dict(listing.refused)
    assert ids(listing) == ["a.md", "large.jsonl"]
    assert list(reasons) == ["README", "empty.md", "large.md", "page.xlsx"]
    assert reasons["empty.md"] == "is empty"
    assert reasons["large.md"].startswith("is too large")
    assert reasons["page.xlsx"].startswith("files that end in .xlsx are not read; these are: ")
    assert ".pdf" in reasons["page.xlsx"]


@pytest.mark.skipif(os.name != "posix", reason="pipes, sockets and links are POSIX's")
def test_only_regular_files_under_the_root_are_taken(tmp_path: Path) -> None:
    root = fill(tmp_path / "in", "a.md", "sub/b.md")
    outside = fill(tmp_path / "outside", "secret.md")
    (root / "inside.md").symlink_to(root / "a.md")
    (root / "leaving.md").symlink_to(outside / "secret.md")
    (root / "circle.md").symlink_to(root / "circle.md")
    (root / "nowhere.md").symlink_to(root / "gone.md")
    (root / "folder.md").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "zero.md").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(root / "socket.md"))
        listing = find([str(root)])
    reasons = dict(listing.refused)
    assert ids(listing) == ["a.md", "inside.md", "sub/b.md"]
    assert listing.files[1].path == root.resolve() / "a.md"
    assert reasons.pop("circle.md").startswith("cannot be reached")
    assert reasons.pop("nowhere.md").startswith("cannot be reached")
    assert reasons == {
        "folder.md": "is a link to something outside the folder",
        "leaving.md": "is a link to something outside the folder",
        "loop": "is a link to a folder, and such links are not followed",
        "pipe.md": "is a pipe and not a regular file",
        "socket.md": "is a socket and not a regular file",
        "zero.md": "is a link to something outside the folder",
    }


@pytest.mark.skipif(os.name != "posix", reason="such names cannot be made elsewhere")
@pytest.mark.parametrize("name", ["a\nb.md", "a\u202egnp.md", "a\u200bb.md", b"\xff.md", " a.md"])
def test_names_that_could_deceive_are_refused_and_shown_plainly(tmp_path: Path, name: str | bytes) -> None:
    fill(tmp_path, "ok.md")
    try:
        Path(tmp_path, os.fsdecode(name)).write_text("text")
    except OSError:
        pytest.skip("this file system does not take the name")
    listing = find([str(tmp_path)])
    assert ids(listing) == ["ok.md"]
    ((shown, reason),) = listing.refused
    assert shown.isascii()
    assert "\n" not in shown
    assert "rename it" in reason


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the super-user may open every folder")
def test_a_closed_folder_is_named(tmp_path: Path) -> None:
    root = fill(tmp_path, "a.md", "closed/b.md")
    (root / "closed").chmod(0)
    listing = find([str(root)])
    (root / "closed").chmod(0o700)
    assert listing.refused == (("closed", "is a folder that cannot be opened: Permission denied"),)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "nothing was named"),
        ([""], "nothing was named"),
        (["gone"], "there is no file or folder 'gone'"),
        (["full", "gone"], "there is no file or folder 'gone'"),
        (["a\0b"], "there is no file or folder"),
        (["hollow"], "there is nothing to read in .*hollow.*: put files there that end in .*.pdf"),
        (["useless"], "there is nothing to read in .*useless.* .for one, a.xlsx files that end in .xlsx are not read"),
        (["https://example.org/a.html"], "web addresses are not read yet: save the page and give the file"),
        (["FTP://example.org/a"], "web addresses are not read yet"),
    ],
)
def test_what_makes_no_sense_stops_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    fill(tmp_path, "full/a.md", "useless/a.xlsx", "hollow/.hidden")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IngestRefused, match=reason):
        find(arguments)
