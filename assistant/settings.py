"""One frozen Settings, read once at each entry point from ``CASEBOOK_…`` variables and flags."""

import difflib
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError

PREFIX = "CASEBOOK_"
PROJECT = Path(__file__).resolve().parent.parent
PACKAGED_MODEL = "all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """Everything that can be set; each field is the environment variable of its name in capitals."""

    # An empty variable counts as none: an index in "" would be the folder that one happens to be in.
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    index: Path = Field(default=PROJECT / "index", description="folder of the index")
    corpus: Path = Field(default=PROJECT / "corpus", description="folder of the case studies")
    embedding_model: str = Field(
        default=PACKAGED_MODEL,
        description="the packaged model, a model folder, or a hub name that is already cached",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="of passage vectors; auto is bf16 where the processor has it"
    )
    threads: int = Field(default=0, ge=0, le=64, description="processor threads; 0 is the number of cores")
    retrieval: Literal["hybrid", "dense", "keyword"] = Field(
        default="hybrid", description="which candidates are ranked"
    )
    reader: Literal["on", "off"] = Field(
        default="on", description="whether the evidence reader reads the best passages with the question"
    )
    read_seconds: float = Field(default=30, gt=0, description="longest time to read one file, in seconds")

    @property
    def default_index(self) -> bool:
        """Whether nobody named an index, so that the project's own may be refreshed from the corpus unasked."""
        return "index" not in self.model_fields_set


def load_settings(**flags: Any) -> Settings:
    """Read the settings from the environment; flags that are not None come first.

    Raises SettingsError for an unknown ``CASEBOOK_…`` name (pydantic-settings does not see those by
    itself) and for a value that cannot be used.
    """
    known = sorted(name.upper() for name in Settings.model_fields)
    for name in sorted(os.environ):
        given = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and given not in known:
            near = difflib.get_close_matches(given, known, n=1)
            listed = ", ".join(PREFIX + one for one in known)
            hint = f"Did you mean {PREFIX}{near[0]}?" if near else f"Known are: {listed}."
            raise SettingsError(f"{name} is no setting of Casebook. {hint}")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be {first['input']!r}: {first['msg']}.") from error
