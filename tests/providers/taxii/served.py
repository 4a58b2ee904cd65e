"""A real TAXII server on loopback: medallion, in a process of its own, with what a test gives it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

USER, PASSWORD = "analyst", "canary-0123456789"
KEY = f"{USER}:{PASSWORD}"
MEDIA = "application/taxii+json;version=2.1"
OPEN, CLOSED = "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "52892447-4d7e-4f70-b94d-d7f22742ff63"
#: Says on which port it listens, and serves until its standard input is closed.
PROGRAM = """
import os, sys, threading
from medallion import load_app
from werkzeug.serving import WSGIRequestHandler, make_server
WSGIRequestHandler.log = lambda *_: None
server = make_server("127.0.0.1", 0, load_app(sys.argv[1]))
print(server.server_port, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
"""

Object = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """The server, and a way to put things on it."""

    base: str

    @property
    def root(self) -> str:
        """Its API root."""
        return f"{self.base}/trustgroup1/"

    def put(self, objects: Iterable[Object], collection: str = OPEN) -> None:
        """Publish objects."""
        content = json.dumps({"objects": [*objects]}).encode()
        url = f"{self.root}collections/{collection}/objects/"
        headers = {"Accept": MEDIA, "Content-Type": MEDIA}
        httpx.post(url, content=content, headers=headers, auth=(USER, PASSWORD)).raise_for_status()

    def delete(self, name: str, collection: str = OPEN) -> None:
        """Take an object back."""
        url = f"{self.root}collections/{collection}/objects/{name}/"
        httpx.delete(url, headers={"Accept": MEDIA}, auth=(USER, PASSWORD)).raise_for_status()


@contextmanager
def medallion(folder: Path, *, page: int = 20) -> Generator[Served]:
    """A server whose pages have so many objects at most."""
    given = folder / "data.json"
    given.write_text(json.dumps(_data()))
    config = folder / "config.json"
    backend = {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": str(given)}
    config.write_text(json.dumps({"backend": backend, "users": {USER: PASSWORD}, "taxii": {"max_page_size": page}}))
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


def _data() -> Object:
    collections = [
        {
            "id": OPEN,
            "title": "High Value Indicators",
            "alias": "high",
            "can_read": True,
            "can_write": True,
            "media_types": ["application/stix+json;version=2.1"],
            "objects": [],
            "manifest": [],
        },
        {
            "id": CLOSED,
            "title": "Not for you",
            "can_read": False,
            "can_write": True,
            "media_types": ["application/stix+json;version=2.1"],
            "objects": [],
            "manifest": [],
        },
    ]
    information = {"title": "A root", "versions": [MEDIA], "max_content_length": 100_000_000}
    discovery = {"title": "A server", "api_roots": ["/trustgroup1/", "https://elsewhere.example/api/"]}
    root = {"information": information, "status": [], "collections": collections}
    return {"/discovery": discovery, "trustgroup1": root}


def indicator(number: int, **more: Any) -> Object:
    """An indicator for the address of that number."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-01-02T00:00:00.000Z",
        "modified": "2026-01-02T00:00:00.000Z",
        "pattern_type": "stix",
        "pattern": f"[ipv4-addr:value = '198.51.{100 + number // 250}.{number % 250}']",
        "valid_from": "2026-01-02T00:00:00Z",
        "indicator_types": ["malicious-activity"],
        **more,
    }
