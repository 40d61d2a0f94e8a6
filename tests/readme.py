"""The tables of the README that are made from the code: ``python -m tests.readme`` writes them."""

import re
from pathlib import Path

from assistant.settings import PREFIX, PROJECT, Settings

README = Path(__file__).parent.parent / "README.md"


def settings_table() -> str:
    """Return the settings with their defaults and meanings, as a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = f"{default.relative_to(PROJECT)}/" if isinstance(default, Path) else default
        rows.append(f"| `{PREFIX}{name.upper()}` | `{shown}` | {field.description} |")
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """Return the README's text with its tables as the code has them."""
    return re.sub(
        r"(<!-- settings: [^\n]*-->\n).*?(<!-- /settings -->)",
        lambda match: f"{match.group(1)}{settings_table()}\n{match.group(2)}",
        text,
        flags=re.S,
    )


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
