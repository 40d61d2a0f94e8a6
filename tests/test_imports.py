"""What the code imports is what is named, locked and installed."""

import ast
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import run

ROOT = Path(run.__file__).parent
ROOMS = ("assistant", "frontend", "ingest")


def imported(tree: ast.AST) -> set[str]:
    """Return the top names of all that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def pins() -> dict[str, str]:
    """Return the exact version of each package of constraints.txt that this system takes."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    rows = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = [row for row in rows if row.marker is None or row.marker.evaluate()]
    return {canonicalize_name(row.name): str(row.specifier).removeprefix("==") for row in here}


def test_every_requirement_has_an_exact_version_that_it_allows() -> None:
    exact = pins()
    for line in run.requirements(ROOT, "test"):
        wanted = Requirement(line)
        assert wanted.specifier.contains(exact[canonicalize_name(wanted.name)]), line


def test_what_is_installed_is_what_is_locked() -> None:
    assert {name: Version(version(name)).public for name in pins()} == pins()


def test_what_the_code_imports_is_what_pyproject_names() -> None:
    files = [ROOT / "ui.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    names = set().union(*(imported(ast.parse(path.read_text(encoding="utf-8"))) for path in files))
    providers = packages_distributions()
    needed = [{canonicalize_name(name) for name in providers[top]} for top in names if top in providers]
    named = {canonicalize_name(Requirement(line).name) for line in run.requirements(ROOT, "run")}
    assert [one for one in needed if not one & named] == [], "imported, and not in pyproject.toml"
    assert named - set().union(*needed) == set(), "in pyproject.toml, and not imported"


def test_the_entry_of_the_front_end_does_not_import_ingest() -> None:
    assert "ingest" not in imported(ast.parse((ROOT / "ui.py").read_text(encoding="utf-8")))


def test_run_py_parses_on_an_old_python_and_needs_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 8))
    assert imported(tree) <= set(sys.stdlib_module_names)
