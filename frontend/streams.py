"""Keep a question from being lost that is sent just when the page's stream of answers ends.

Gradio sends all answers of a page over one stream and ends it when nothing is under way. A page that is told of
its next question's number before it has heard of that end takes the stream for open, and then waits for ever
(seen in Gradio 6.31: the number and the end come by two connections). So the number is held back until the end
must have arrived; the question itself is worked on meanwhile.
"""

import asyncio
import time

from frontend.guard import Application, Message, Receive, Send

JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
END = b'"close_stream"'
ARRIVAL_SECONDS = 0.25


class OrderedStreams:
    """An ASGI application around Gradio's: the end of a stream comes to a page before the next number does."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.last_end = -ARRIVAL_SECONDS

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request; only the two of Gradio's queue are touched."""
        senders = {DATA: self.noting_ends, JOIN: self.after_ends}
        sender = senders.get(scope.get("path", ""))
        await self.app(scope, receive, sender(send) if sender else send)

    def noting_ends(self, send: Send) -> Send:
        """Return a sender that notes when a stream ends."""

        async def sender(message: Message) -> None:
            if END in message.get("body", b""):
                self.last_end = time.monotonic()
            await send(message)

        return sender

    def after_ends(self, send: Send) -> Send:
        """Return a sender that waits until the last end has arrived."""

        async def sender(message: Message) -> None:
            await asyncio.sleep(max(0.0, self.last_end + ARRIVAL_SECONDS - time.monotonic()))
            await send(message)

        return sender
