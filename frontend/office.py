"""Everything behind the page, opened together: the composition root of the front end."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.schema import Question
from frontend.chat import Desk
from frontend.downloads import Downloads
from frontend.evaluate import Evaluator
from frontend.feedback import Feedback
from frontend.keeping import Keeper
from frontend.saying import say
from frontend.shelves import Shelves
from frontend.uploads import Uploads

if TYPE_CHECKING:
    from assistant.pipeline import Assistant
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What answers the page's requests; ``local`` means that only this machine is served."""

    desk: Desk
    shelves: Shelves
    uploads: Uploads
    keeper: Keeper
    evaluator: Evaluator
    secret: str
    local: bool


def open_office(assistant: "Assistant", settings: "Settings", *, local: bool) -> Office:
    """Put the parts together."""
    named = {name: getattr(settings, name) for name in ("embedding_model", "precision", "retrieval")}
    uploads = Uploads(settings.index, is_open=local)
    downloads, feedback = Downloads(), Feedback(settings.index / "feedback.sqlite")

    def provenance(name: str, questions: Sequence[Question]) -> Mapping[str, Any]:
        from assistant.evaluation.provenance import provenance

        return provenance(settings, name, questions)

    return Office(
        desk=Desk(assistant),
        shelves=Shelves(assistant, uploads),
        uploads=uploads,
        keeper=Keeper(downloads, feedback, named),
        evaluator=Evaluator(assistant, uploads, downloads, feedback, provenance),
        secret=browser_secret(settings.index / "browser.secret"),
        local=local,
    )


def browser_secret(path: Path) -> str:
    """Return the secret under which browsers keep their history; stored, so that the history outlives a restart.

    Where the folder cannot be written, it lasts as long as the process.
    """
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        made = secrets.token_hex(16)
    try:
        path.write_text(made, encoding="ascii")
    except OSError as error:
        say(f"The history of browsers will not outlive this start: {path} cannot be written ({error.strerror}).")
    return made
