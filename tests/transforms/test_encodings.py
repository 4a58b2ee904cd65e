"""Text that is encoded in other text, layer by layer."""

from __future__ import annotations

import base64
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.transforms.encodings import LayerLimits, decode_text, find_layers, pack, unpack, utf16_encoding

LIMITS = LayerLimits()


def b64(text: str, encoding: str = "utf-16-le") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


@given(st.text(max_size=80), st.sampled_from(("utf-8", "utf-16-le")))
def test_readable_text_comes_back(text, encoding):
    """Printable text of some length decodes to itself in both encodings."""
    printable = "".join(char for char in text if char.isascii() and char.isprintable())
    sent = f"{printable}readable"
    assert decode_text(b64(sent, encoding)) == sent


def test_base64_in_any_text_is_decoded():
    """Standing alone, padded or wrapped over lines, with what is encoded inside; hashes and words are none."""
    inner = b64("whoami /all && hostname", "utf-8")
    wrapped = base64.encodebytes(f"first line of a longer text, then '{inner}' and some more words".encode()).decode()
    tree = find_layers(
        f"a {b64('whoami')} b\n{wrapped}\n{'5f' * 32} {'Download' * 4} /usr/share/local/things\nZXZpbA=="
    )
    assert [(depth, layer.text) for depth, layer in tree.walk()] == [
        (1, "whoami"),
        (1, f"first line of a longer text, then '{inner}' and some more words"),
        (2, "whoami /all && hostname"),
        (1, "evil"),
    ]
    assert tree.cut_reason == ""


def test_a_text_of_bombs_is_bounded():
    """What a text decodes to is cut, and the cut is told."""
    bomb = base64.b64encode(zlib.compress(b"A" * 2**19, 9)[2:-4]).decode()
    begun = time.process_time()
    tree = find_layers(f"{bomb} " * 100)
    assert time.process_time() - begun < 10
    assert sum(len(layer.text) for _, layer in tree.walk()) <= LIMITS.characters
    assert tree.cut_reason == f"{LIMITS.characters:,} decoded characters"
    assert find_layers("dwBoAG8AYQBtAGkA " * (LIMITS.tries + 1)).cut_reason == f"{LIMITS.tries:,} encoded texts"
    assert find_layers("dwBoAG8AYQBtAGkA " * LIMITS.tries).cut_reason == ""


@pytest.mark.parametrize(
    "part", ["A", "A" * 76 + "\n", "A" * 64 + "\n", "A" * 63 + "\n", "A+/", "=", "A=", "A" * 15 + " "]
)
def test_time_to_look_for_base64_grows_with_the_text(part):
    """Ten times the text is about ten times the time."""

    def seconds(size: int) -> float:
        begun = time.process_time()
        find_layers(part * (size // len(part)))
        return time.process_time() - begun

    assert seconds(1_000_000) < 2 + 50 * seconds(100_000)


@given(st.text(max_size=100) | st.text("ABab+/= \n", max_size=200))
def test_any_text_is_looked_through(text):
    """Nothing that a person pastes breaks the search."""
    tree = find_layers(text)
    assert all(layer.text and 1 <= depth <= LIMITS.depth for depth, layer in tree.walk())
    assert tree.cut_reason == ""


@given(st.binary(min_size=1, max_size=200), st.sampled_from((31, 15, -15)))
def test_what_was_packed_comes_back(content, window):
    """What gzip, zlib or bare deflate packed is unpacked whole, in each of them."""
    assert content in [unpacked.content for unpacked in unpack(pack(content, window), 1_000) if unpacked.is_whole]


def test_the_packing_of_others_is_opened():
    """Base64 of text that zlib, gzip or bare deflate packed is that text."""
    text = "the quick brown fox " * 10
    for window in (31, 15, -15):
        assert decode_text(base64.b64encode(pack(text.encode(), window)).decode()) == text.strip("\0")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_both_orders_of_bytes_are_told(encoding):
    """UTF-16 is decoded in either order of its bytes, and with a zero in the text that hides nothing."""
    assert utf16_encoding("whoami".encode(encoding)) == encoding
    assert decode_text(b64("whoami /all and more words\0", encoding)) == "whoami /all and more words"
    assert utf16_encoding("who\0ami".encode(encoding)) == ""
    assert utf16_encoding("who\0ami".encode(encoding), allows_nul=True) == encoding
