"""The front end's entry: builds the page over the published case studies and serves it."""

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import CasebookError
from frontend import server
from frontend.saying import say


def parser() -> argparse.ArgumentParser:
    """Return the command line of ``serve``."""
    words = argparse.ArgumentParser(prog="serve", description="Serve the chat at http://127.0.0.1:7860.")
    words.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    words.add_argument("--port", type=int, default=7860, help="port to listen on (default: 7860)")
    words.add_argument("--index", type=Path, metavar="DIR", help="folder of the index (default: ./index)")
    words.add_argument(
        server.SHARED_SWITCH,
        dest="shared",
        action="store_true",
        help="listen on an address that others can reach, though anybody there may ask",
    )
    return words


def serve(options: argparse.Namespace) -> None:
    """Serve until stopped; raises CasebookError for what keeps it from starting."""
    server.check_host(options.host, options.shared)
    claimed = server.claim(options.host, options.port)
    # Imported late: the environment has to be set first, and a refusal should not wait for libraries.
    from assistant.freshness import ensure_default_index
    from assistant.pipeline import open_assistant
    from assistant.settings import load_settings
    from frontend.office import open_office
    from frontend.page import build_page

    settings = load_settings(index=options.index)
    ensure_default_index(settings)
    with open_assistant(settings) as assistant:
        threading.Thread(target=assistant.warm, name="warm", daemon=True).start()
        office = open_office(assistant, settings, local=not options.shared)
        try:
            app = server.build_app(office, build_page(office), settings)
            server.make_server(app, claimed).run([claimed])
        finally:
            office.uploads.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page; returns the exit code."""
    options = parser().parse_args(arguments)
    server.end_on_signals()
    try:
        with server.quiet_environment():
            serve(options)
    except CasebookError as error:
        say(f"casebook: {error}")
        return 2
    except KeyboardInterrupt:
        say("Casebook has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
