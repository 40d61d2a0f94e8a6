"""Casebook's own addresses beside Gradio's: the plain pages."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.errors import CasebookError
from frontend import plain
from frontend.chat import Desk
from frontend.gate import Busy, Gate
from frontend.markup import Html

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

RETRY_SECONDS = "5"


def add_routes(app: "FastAPI", desk: Desk) -> None:
    """Add the plain pages to an application."""
    from starlette.responses import HTMLResponse

    gate = Gate()

    async def shown(work: Callable[[], Html]) -> "Response":
        try:
            return HTMLResponse(await gate.run(work), headers={"cache-control": "no-store"})
        except Busy as busy:
            page = plain.message_page("Busy", str(busy))
            return HTMLResponse(page, status_code=503, headers={"retry-after": RETRY_SECONDS})
        except CasebookError as error:
            return HTMLResponse(plain.message_page("Not found", str(error)), status_code=404)

    async def ask(request: "Request") -> "Response":
        wish = plain.wish_from(request.query_params.multi_items())
        return await shown(lambda: plain.ask_page(desk, wish))

    async def library(_: "Request") -> "Response":
        return await shown(lambda: plain.library_page(desk.assistant.documents()))

    async def source(request: "Request") -> "Response":
        given = request.query_params
        start, end = (whole_number(given.get(name, "")) for name in ("start", "end"))
        name, sha256 = given.get("id", ""), given.get("sha256", "")
        return await shown(lambda: plain.source_page(desk.assistant.document(name), start, end, sha256))

    for path, endpoint in (("", ask), ("/library", library), ("/source", source)):
        app.add_route(plain.ADDRESS + path, endpoint, methods=["GET"], include_in_schema=False)


def whole_number(text: str) -> int:
    """Return a number from an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
