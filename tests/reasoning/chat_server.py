"""A small HTTP server that speaks the chat completions protocol, well or badly, on a port of its own."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does with each request in turn, the last thing again and again; and what it was sent."""

    acts: Sequence[Callable[[BaseHTTPRequestHandler], None]]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def chunk(delta: dict[str, Any], finish: str | None = None, usage: dict[str, int] | None = None) -> str:
    choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
    row = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices, "usage": usage}
    return f"data: {json.dumps(row)}\n\n"


def streamed(*pieces: str, pause_s: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """Send pieces as an event stream, with a pause before each."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in pieces:
            time.sleep(pause_s)
            handler.wfile.write(piece.encode())
            handler.wfile.flush()

    return act


def answer(
    text: str = "", thought: str = "", calls: Sequence[tuple[str, str]] = (), field_name: str = "reasoning"
) -> Any:
    """Stream one whole answer: its thought, its text, its calls in pieces, and the count of tokens."""
    pieces = [chunk({field_name: part}) for part in thought.split(" ") if part]
    pieces += [chunk({"content": text})] if text else []
    for index, (name, arguments) in enumerate(calls):
        head = {"index": index, "id": f"c{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        pieces.append(chunk({"tool_calls": [head]}))
        pieces += [chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]}) for part in arguments]
    usage = chunk({}, usage={"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107})
    return streamed(*pieces, chunk({}, "stop"), usage, "data: [DONE]\n\n")


def failed(
    status: int, body: str = '{"error": {"message": "out of order"}}'
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Send an error."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return act


@contextmanager
def serving(
    *acts: Callable[[BaseHTTPRequestHandler], None], served: Sequence[str] = ("m",)
) -> Iterator[tuple[str, Script]]:
    """Serve a script, and yield its address and what it was sent."""
    script = Script(acts)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            script.bodies.append(json.loads(self.rfile.read(length)))
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            with suppress(OSError):  # the client may have left
                script.acts[min(len(script.bodies), len(script.acts)) - 1](self)

        def do_GET(self) -> None:
            rows = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in served]
            failed(200, json.dumps({"object": "list", "data": rows}))(self)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
