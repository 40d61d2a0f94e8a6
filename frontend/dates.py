"""Dates as they are written in the United Kingdom."""

import re

# Not the calendar module's, which follow the machine's language.
MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July", "August")
MONTHS += ("September", "October", "November", "December")


def plain_date(date: str) -> str:
    """Return an ISO date as it is written in the United Kingdom; anything else as it stands."""
    parts = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", date)
    return f"{int(parts[3])} {MONTHS[int(parts[2]) - 1]} {parts[1]}" if parts else date
