"""Serving the page: the environment, the address, the mounted application and a clean end."""

import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from assistant.errors import SettingsError
from frontend.guard import Guard, loopback
from frontend.office import Office
from frontend.routes import add_routes
from frontend.saying import say
from frontend.streams import OrderedStreams

if TYPE_CHECKING:
    from types import FrameType

    import gradio as gr
    import uvicorn

    from assistant.settings import Settings

# Read by the libraries when they are imported: nothing may call home, and no hub is asked for a model.
# Gradio would also sum up its last 10,000 events with pandas after every single one, for a page that is off.
ENVIRONMENT = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
}
SHARED_SWITCH = "--i-know-there-is-no-login"
# A stop is asked for; replies get the first time to end, the process the second, then it is ended.
GRACE_SECONDS = 3
PATIENCE_SECONDS = 8


@contextmanager
def quiet_environment() -> Iterator[None]:
    """Set the environment before any library is imported, with a private folder for Gradio's files."""
    with tempfile.TemporaryDirectory(prefix="casebook-", ignore_cleanup_errors=True) as folder:
        before = dict(os.environ)
        os.environ.update(ENVIRONMENT, GRADIO_TEMP_DIR=folder)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def check_host(host: str, shared: bool) -> None:
    """Raise SettingsError where an address would offer Casebook to others unasked."""
    if not shared and not loopback(host):
        raise SettingsError(
            f"--host {host} would offer Casebook to the network, and it has no login. "
            f"Put a proxy with a login in front of 127.0.0.1, or add {SHARED_SWITCH}."
        )


def claim(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; raises SettingsError where that cannot be."""
    if not 0 <= port <= 65_535:  # some systems would take the remainder
        raise SettingsError(f"Port {port} does not exist. Choose one from 0 (any free one) to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        claimed = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would share the port with whoever has it
            claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(address)
        # To listen already now would make browsers wait; to be bound is enough to hold the port.
    except OSError as error:
        words = error.strerror or str(error)
        raise SettingsError(
            f"Port {port} on {host} cannot be used: {words}. Stop what uses it, or choose another with --port."
        ) from error
    return claimed


def address_of(claimed: socket.socket) -> str:
    """Return the web address of a bound socket."""
    host, port = claimed.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def build_app(office: Office, page: "gr.Blocks", settings: "Settings") -> Guard:
    """Return the application that serves a page, and beside it what needs no script.

    ``mount_gradio_app`` has no parameter for some of what ``launch`` has: the session capacity and the
    thread limit are set on the page itself, strict CORS is the default, and sharing does not exist.
    """
    from fastapi import FastAPI
    from gradio import mount_gradio_app
    from gradio.routes import App
    from starlette.routing import Mount

    from frontend import theme

    page.state_session_capacity = 1_000
    page.max_threads = 16
    blocked = [str(path) for path in (settings.index, settings.corpus)]
    casebook = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(casebook, office)
    app = mount_gradio_app(
        casebook,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        blocked_paths=blocked,
        favicon_path=str(theme.FAVICON),
        show_error=False,
        max_file_size="20mb",
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme.theme(),
    )
    (mounted,) = (route.app for route in app.routes if isinstance(route, Mount) and isinstance(route.app, App))
    return Guard(OrderedStreams(app), theme.style_sheet(), local=office.local, end_streams=mounted.stop_event.set)


def make_server(app: Guard, claimed: socket.socket) -> "uvicorn.Server":
    """Return a server to ``run([claimed])``, which ends within ten seconds of SIGTERM or SIGINT."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say(f"Casebook is ready at {address_of(claimed)} (stop it with Ctrl+C).")

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.end_streams()
            await super().shutdown(sockets)

        def handle_exit(self, sig: int, frame: "FrameType | None") -> None:
            last_resort()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config)


def last_resort() -> None:
    """End the process however busy its threads are, if it has not ended by itself in time."""
    timer = threading.Timer(PATIENCE_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()


def end_on_signals() -> None:
    """Make SIGTERM unwind like an ordinary exit, so that child processes and folders are cleared away."""

    def leave(_signal: int, _frame: "FrameType | None") -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
