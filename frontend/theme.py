"""The look: a calm theme with the system's own fonts, and the page's style sheet and script."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base

HERE = Path(__file__).parent
FAVICON = HERE / "favicon.svg"
FONT = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "sans-serif")
# From the lightest to the darkest, as Gradio wants eleven; the sixth is the page's own blue.
BLUE: tuple[str, ...] = (
    "#eaf2fa",
    "#d3e4f4",
    "#a9cbe9",
    "#7fb2de",
    "#4b91cc",
    "#005eb8",
    "#004f9b",
    "#003f7d",
)
BLUE += ("#003060", "#00213f", "#001529")
MONO = ("Consolas", "Menlo", "Liberation Mono", "monospace")


def style_sheet() -> str:
    """Return the page's own CSS."""
    return (HERE / "casebook.css").read_text(encoding="utf-8")


def script() -> str:
    """Return the script that the two HTML parts share: clicks, scrolling and focus."""
    return (HERE / "casebook.js").read_text(encoding="utf-8")


def theme() -> "Base":
    """Return the Gradio theme; its colours come from the style sheet's, so that both agree."""
    from gradio.themes import Base, Color, colors

    return Base(primary_hue=Color(*BLUE), neutral_hue=colors.slate, font=FONT, font_mono=MONO).set(
        # Spelt out, because the page shows these before its style sheet is there.
        body_background_fill="#f0f4f5",
        body_background_fill_dark="#10181e",
        body_text_color="#212b32",
        body_text_color_dark="#e9eef1",
        # The style sheet has the dark values of its variables; Gradio's own dark values would win otherwise.
        **both("block_background_fill", "transparent"),
        **both("block_border_width", "0px"),
        **both("block_shadow", "none"),
        **both("block_label_text_color", "var(--cb-ink)"),
        **both("input_background_fill", "var(--cb-paper)"),
        **both("input_border_color", "var(--cb-edge-strong)"),
        **both("input_border_color_focus", "var(--cb-focus-edge)"),
        **both("input_placeholder_color", "var(--cb-quiet)"),
        **both("button_primary_background_fill", "var(--cb-action)"),
        **both("button_primary_background_fill_hover", "var(--cb-action-hover)"),
        **both("button_primary_text_color", "#ffffff"),
        **both("button_secondary_background_fill", "var(--cb-paper)"),
        **both("button_secondary_background_fill_hover", "var(--cb-chip)"),
        **both("button_secondary_text_color", "var(--cb-link)"),
        **both("button_secondary_text_color_hover", "var(--cb-link)"),
    )


def both(name: str, value: str) -> dict[str, str]:
    """Return a theme setting for light and dark alike."""
    return {name: value, f"{name}_dark": value}
