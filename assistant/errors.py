"""What can go wrong, in words meant for the user.

CasebookError
├── SettingsError       a setting is unknown or has a value that cannot be used
├── IndexMissing        there is no published index at the place named
├── IndexDamaged        the index is there, but its files do not agree with its manifest
├── IndexMismatch       the index was built by another embedding model
├── IndexLocked         another process is writing to the index
├── DocumentRefused     a document cannot be read, or may not be (the reason says which)
├── DocumentUnknown     no document of that id is in the index
├── QuestionSetError    a question set, a history or a run file is not in its format
├── ModelUnavailable    the embedding model is not there, or is not the one it should be
└── IngestRefused       an ingest would do something that was not asked for

Each message says what happened, with the value, and then what to do. The commands print it and exit;
nothing else catches it.
"""


class CasebookError(Exception):
    """The root: its message is meant for the user and shown as it is."""


class SettingsError(CasebookError):
    """A setting is unknown or has a value that cannot be used."""


class IndexMissing(CasebookError):
    """There is no published index at the place named."""


class IndexDamaged(CasebookError):
    """The index is there, but its files do not agree with its manifest."""


class IndexMismatch(CasebookError):
    """The index was built by another embedding model than the one that asks."""


class IndexLocked(CasebookError):
    """Another process is writing to the index."""


class DocumentRefused(CasebookError):
    """A document cannot be read, or may not be; the message is the reason."""


class DocumentUnknown(CasebookError):
    """No document of that id is in the index."""


class QuestionSetError(CasebookError):
    """A question set, a history or a run file is not in its format."""


class ModelUnavailable(CasebookError):
    """The embedding model is not there, or is not the one it should be."""


class IngestRefused(CasebookError):
    """An ingest would do something that was not asked for, and so did nothing."""
