"""What a document without a title in its text is called."""

import re
from pathlib import PurePosixPath

from ingest.readers.canonical import inline

# What programs write into the title by themselves.
_NO_TITLE = re.compile(
    r"(?i)^(?:untitled.*|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|txt|rtf|odt|tex|dvi|ps|qxd|pub)|"
    r"microsoft \w+ - .*|word document|(?:powerpoint|slide) ?(?:presentation)?|"
    r"(?:document|book|presentation) ?\d*)$"
)
_LONGEST = 300


def file_stem(document_id: str) -> str:
    """Return a file's name without its suffix."""
    return inline(PurePosixPath(document_id).stem) or document_id


def sensible_title(title: str) -> str:
    """Return the title in a file's own data, or nothing where a program wrote it and not a person."""
    title = inline(title)
    is_sensible = len(title) <= _LONGEST and re.search(r"\w\w", title) and not _NO_TITLE.match(title)
    return title if is_sensible else ""
