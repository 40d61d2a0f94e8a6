"""Run every check, pytest last so that its closing line ends the output; with arguments, pytest alone."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# import-linter is called by its function: a moved .venv breaks its script.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint()"
CHECKS: Mapping[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import-linter": ("-c", LINT_IMPORTS, "--no-logo"),
}
# Files of tests side by side, in the order of their names: else those with the most tests start first, and the slow
# ones, which have few, end the run alone.
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")
PLAYWRIGHT_PATH = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)


def say(words: str) -> None:
    """Print a line on stderr."""
    print(f"test: {words}", file=sys.stderr, flush=True)


def run(command: Sequence[str], cwd: Path | None = None) -> int:
    """Run a command to its end, passing on SIGTERM; return its exit code as a shell would."""
    with subprocess.Popen(command, cwd=cwd) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too, which decides
        code = process.wait()
    return code if code >= 0 else 128 - code


def is_debian(os_release: str) -> bool:
    """Tell Debian itself from its children: Ubuntu's chromium package is only a pointer to a snap."""
    return any(line.strip() in {"ID=debian", 'ID="debian"'} for line in os_release.splitlines())


def browser_on_path() -> str:
    """Return the path of a Chromium that is installed, or nothing."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def playwrights_own() -> str:
    """Return the path of the Chromium that Playwright has downloaded, or nothing."""
    asked = subprocess.run([sys.executable, "-c", PLAYWRIGHT_PATH], capture_output=True, text=True)
    path = asked.stdout.strip()
    return path if path and Path(path).exists() else ""


def installed_browser() -> str:
    """Install a Chromium, as Debian's package or else as Playwright's own, and return its path or nothing."""
    release = Path("/etc/os-release")
    if release.exists() and is_debian(release.read_text(encoding="utf-8")) and os.geteuid() == 0:
        say("installing Debian's Chromium for the browser tests")
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"])
    if not browser_on_path():
        say("installing Playwright's Chromium for the browser tests")
        run([sys.executable, "-m", "playwright", "install", "chromium"])
    return browser_on_path() or playwrights_own()


def main(arguments: Sequence[str]) -> int:
    """Run the checks, or with arguments pytest alone; return the exit code."""
    pytest = [sys.executable, "-m", "pytest"]
    browser = os.environ.get("TEST_BROWSER") or browser_on_path() or playwrights_own()
    if arguments:
        os.environ["TEST_BROWSER"] = browser
        return run([*pytest, *arguments])
    failed = [name for name, words in CHECKS.items() if run([sys.executable, *words], cwd=ROOT)]
    os.environ["TEST_BROWSER"] = browser = browser or installed_browser()
    if not browser:
        say("no Chromium could be found or installed: the browser tests are not run")
        failed += ["browser"] if os.environ.get("CI") == "true" else []
    code = run([*pytest, *SIDE_BY_SIDE, "--cov", "--cov-report=term"], cwd=ROOT)
    if failed:
        say(f"failed before pytest: {', '.join(failed)}")
    return code or bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
