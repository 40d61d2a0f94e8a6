"""assistant/settings.py: read once, nothing unknown, flags first."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.errors import SettingsError
from assistant.settings import PACKAGED_MODEL, PREFIX, PROJECT, Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the person who runs the tests has set."""
    import os

    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.index == PROJECT / "index"
    assert settings.corpus == PROJECT / "corpus"
    assert settings.embedding_model == PACKAGED_MODEL
    assert settings.retrieval == "hybrid"
    assert settings.default_index


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CASEBOOK_INDEX", str(tmp_path))
    monkeypatch.setenv("CASEBOOK_RETRIEVAL", "keyword")
    monkeypatch.setenv("CASEBOOK_READ_SECONDS", "2.5")
    settings = load_settings()
    assert (settings.index, settings.retrieval, settings.read_seconds) == (tmp_path, "keyword", 2.5)
    assert not settings.default_index


def test_flags_win_and_a_flag_that_is_not_given_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CASEBOOK_INDEX", str(tmp_path / "environment"))
    monkeypatch.setenv("CASEBOOK_RETRIEVAL", "dense")
    settings = load_settings(index=tmp_path / "flag", retrieval=None)
    assert settings.index == tmp_path / "flag"
    assert settings.retrieval == "dense"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("CASEBOOK_INDX", "Did you mean CASEBOOK_INDEX?", id="a slip of the pen"),
        pytest.param("CASEBOOK_EMBEDING_MODEL", "Did you mean CASEBOOK_EMBEDDING_MODEL?", id="a letter missing"),
        pytest.param("CASEBOOK_", "Known are: CASEBOOK_CORPUS,", id="nothing behind the prefix"),
        pytest.param("CASEBOOK_WEATHER_OF_TODAY", "Known are: CASEBOOK_CORPUS,", id="nothing like it"),
    ],
)
def test_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert name in str(refusal.value)
    assert hint in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASEBOOK_RETRIEVAL", "magic"),
        ("CASEBOOK_PRECISION", "fp8"),
        ("CASEBOOK_THREADS", "-1"),
        ("CASEBOOK_THREADS", "many"),
        ("CASEBOOK_READ_SECONDS", "0"),
    ],
    ids=lambda text: text,
)
def test_a_bad_value_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    message = str(refusal.value)
    assert name in message
    assert value in message
    assert "\n" not in message


def test_a_bad_flag_is_named_too() -> None:
    with pytest.raises(SettingsError, match="CASEBOOK_RETRIEVAL cannot be 'x'"):
        load_settings(retrieval="x")


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(SettingsError, match="CASEBOOK_INDX"):
        load_settings(indx="x")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().threads = 3


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert Settings.model_fields[name].description


def test_an_index_that_is_named_is_not_the_default_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings(index=PROJECT / "index").default_index
    monkeypatch.setenv("CASEBOOK_INDEX", str(PROJECT / "index"))
    assert not load_settings().default_index


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEBOOK_INDEX", "")
    assert load_settings().index == PROJECT / "index"
    assert load_settings().default_index
