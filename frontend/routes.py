"""Casebook's own addresses beside Gradio's: the plain pages, files to fetch, and files that are brought."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.errors import CasebookError
from frontend import downloads, plain
from frontend.chat import Desk
from frontend.gate import Busy, Gate
from frontend.markup import Html
from frontend.office import Office

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

RETRY_SECONDS = "5"


def add_routes(app: "FastAPI", office: Office) -> None:
    """Add the plain pages, downloads and uploads to an application."""
    add_plain(app, office.desk)
    add_files(app, office)


def add_plain(app: "FastAPI", desk: Desk) -> None:
    """Add the plain pages."""
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
        return await shown(lambda: plain.shelf_page(desk.assistant.documents()))

    async def source(request: "Request") -> "Response":
        given = request.query_params
        start, end = (whole_number(given.get(name, "")) for name in ("start", "end"))
        name, sha256 = given.get("id", ""), given.get("sha256", "")
        return await shown(lambda: plain.source_page(desk.assistant.document(name), start, end, sha256))

    for path, endpoint in (("", ask), ("/library", library), ("/source", source)):
        app.add_route(plain.ADDRESS + path, endpoint, methods=["GET"], include_in_schema=False)


def add_files(app: "FastAPI", office: Office) -> None:
    """Add the addresses that files are fetched from and brought to."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import PlainTextResponse, Response

    async def fetched(request: "Request") -> "Response":
        file = office.keeper.downloads.get(request.path_params["token"])
        if file is None:
            return PlainTextResponse("This file is not there any more. Make it again on the page.", status_code=404)
        headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"}
        return Response(file.data, media_type=file.media, headers=headers)

    async def brought(request: "Request") -> "Response":
        # Another site's page can send a form here, but not with a header of ours.
        if request.headers.get("x-casebook") != "upload":
            return PlainTextResponse("Files are brought by the page only.", status_code=403)
        try:
            token, place = office.uploads.store(request.query_params.get("name", ""))
        except CasebookError as error:
            return PlainTextResponse(str(error), status_code=400)
        try:
            with place.open("wb") as file:
                async for piece in request.stream():
                    file.write(piece)
        except ClientDisconnect:
            place.unlink(missing_ok=True)
            return PlainTextResponse("The file has not arrived whole.", status_code=400)
        return PlainTextResponse(token)

    app.add_route(downloads.ADDRESS + "{token}", fetched, methods=["GET"], include_in_schema=False)
    app.add_route("/upload", brought, methods=["POST"], include_in_schema=False)


def whole_number(text: str) -> int:
    """Return a number from an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
