"""tests/__main__.py: what `run.py test` runs, and in which order."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests import __main__ as checks

Run = Callable[[Sequence[str], Path | None], int]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run nothing, and return the names of what would have been run, as they come."""
    names: list[str] = []

    def pretend(command: Sequence[str], cwd: Path | None = None) -> int:
        names.append(" ".join(command[1:]))
        return 0

    monkeypatch.setattr(checks, "run", pretend)
    monkeypatch.setattr(checks, "browser_on_path", lambda: "/usr/bin/chromium")
    monkeypatch.setenv("TEST_BROWSER", "")
    return names


def test_pytest_comes_last(ran: list[str]) -> None:
    assert checks.main([]) == 0
    assert ran[:-1] == [" ".join(words) for words in checks.CHECKS.values()]
    assert ran[-1].startswith("-m pytest")
    assert "--dist=loadfile" in ran[-1] and "--cov" in ran[-1]


def test_with_arguments_there_is_pytest_alone(ran: list[str]) -> None:
    assert checks.main(["tests/test_run.py", "-q"]) == 0
    assert ran == ["-m pytest tests/test_run.py -q"]


def test_a_failed_check_fails_the_whole_but_pytest_still_runs(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend: Run = checks.run
    monkeypatch.setattr(checks, "run", lambda command, cwd=None: pretend(command, cwd) or "mypy" in command)
    assert checks.main([]) == 1
    assert ran[-1].startswith("-m pytest")
    assert "mypy" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_missing_browser_is_named_and_fails_under_ci(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    for name in ("browser_on_path", "playwrights_own", "installed_browser"):
        monkeypatch.setattr(checks, name, lambda: "")
    monkeypatch.setenv("CI", ci)
    assert checks.main([]) == code
    assert "browser tests are not run" in capsys.readouterr().err
    assert ran[-1].startswith("-m pytest")


@pytest.mark.parametrize(
    ("os_release", "expected"),
    [
        pytest.param('NAME="Debian GNU/Linux"\nID=debian\n', True, id="Debian"),
        pytest.param("ID=ubuntu\nID_LIKE=debian\n", False, id="Ubuntu, whose Chromium is a snap"),
        pytest.param("", False, id="unknown"),
    ],
)
def test_is_debian(os_release: str, expected: bool) -> None:
    assert checks.is_debian(os_release) is expected
