"""The fences around the tests hold."""

import asyncio
import os
import socket
import threading
from pathlib import Path

import platformdirs
import pytest


async def dial(host: str) -> None:
    await asyncio.open_connection(host, 443)


def greet(server: socket.socket) -> None:
    server.accept()[0].close()


STOPPED = pytest.raises(pytest.fail.Exception, match="reached for the network")


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=0.1),
        lambda: socket.create_connection(("clew.invalid", 443), timeout=0.1),
        lambda: socket.socket().connect_ex(("192.0.2.1", 443)),
        lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443)),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"?", ("192.0.2.1", 53)),
        lambda: socket.getaddrinfo("clew.invalid", 443),
        lambda: socket.gethostbyname("clew.invalid"),
        lambda: socket.gethostbyaddr("192.0.2.1"),
        lambda: asyncio.run(dial("192.0.2.1")),
        lambda: asyncio.run(dial("clew.invalid")),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed.*socket:ResourceWarning")  # the sockets that were stopped in mid-call
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_beyond_loopback_is_reached(reach):
    with STOPPED:
        reach()


def test_loopback_isdial():
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeter = threading.Thread(target=greet, args=(server,))
        greeter.start()
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client:
            assert client.recv(1) == b""
        greeter.join()


def test_the_users_own_folders_are_out_of_reach(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    for folder in (Path.home(), platformdirs.user_cache_path("clew"), platformdirs.user_config_path("clew")):
        assert folder.is_relative_to(base)
    assert [name for name in os.environ if name.startswith("CLEW_") and name != "CLEW_SHARED_DATA"] == []
