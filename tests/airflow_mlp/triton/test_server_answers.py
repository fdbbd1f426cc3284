from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from airflow_mlp.triton import server


class Ready(BaseHTTPRequestHandler):
    """Answers as a ready server whose id is "token"."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"name": "token"}')

    def log_message(self, *_: object) -> None:
        """Nothing on the test's stderr."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as answering:
        thread = threading.Thread(target=answering.serve_forever)
        thread.start()
        yield answering.server_port
        answering.shutdown()
        thread.join()


def test_the_server_is_the_one_that_was_started(port: int) -> None:
    assert server._answers(port, "token")
    assert not server._answers(port, "another")


def test_a_proxy_is_not_asked_about_this_machine(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert server._answers(port, "token")
