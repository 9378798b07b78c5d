"""Signed notes and checkpoints: C2SP's own example, and nothing that is written a second way."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.rules.votes import notes
from app.services.votes.signing import check_signature, signer

# The example of Go's golang.org/x/mod/sumdb/note, which C2SP's signed-note describes.
GO_KEY = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
VOTE = "9861d654-8ee3-4444-b6ca-d051ac632083"


def test_a_note_of_another_program_is_read_and_its_signature_holds() -> None:
    public = base64.b64decode(GO_KEY)[1:]
    note = notes.read_note(GO_NOTE)
    assert notes.key_id("PeterNeumann", public).hex() == "c74f20a3"
    assert notes.is_signed_by(note, "PeterNeumann", public, check_signature)
    assert not notes.is_signed_by(
        notes.read_note(GO_NOTE.replace("don't", "do")), "PeterNeumann", public, check_signature
    )


@pytest.fixture
def written(secret: bytes) -> str:
    origin = notes.origin_of(VOTE)
    return signer(secret).sign_note(notes.checkpoint_text(notes.Head(origin, 12, bytes(range(32)))), origin)


def test_a_checkpoint_is_three_lines_and_a_signature(written: str, secret: bytes) -> None:
    lines = written.split("\n")
    assert lines[:2] == [f"haoshangliang/vote/{VOTE}", "12"]
    assert base64.b64decode(lines[2]) == bytes(range(32))
    assert (lines[3], lines[4].split(" ")[:2], lines[5:]) == ("", ["—", f"haoshangliang/vote/{VOTE}"], [""])
    note = notes.read_note(written)
    assert notes.read_checkpoint(note.text) == notes.Head(f"haoshangliang/vote/{VOTE}", 12, bytes(range(32)))
    assert notes.is_signed_by(note, notes.origin_of(VOTE), signer(secret).public, check_signature)


def test_signatures_of_witnesses_are_passed_over(written: str, secret: bytes) -> None:
    text = notes.read_note(written).text
    other = Ed25519PrivateKey.generate()
    line = notes.signed_note(text, "witness", other.public_key().public_bytes_raw(), other.sign).rpartition(
        "\n\n"
    )[2]
    note = notes.read_note(written + line)
    assert len(note.signatures) == 2
    assert notes.is_signed_by(note, notes.origin_of(VOTE), signer(secret).public, check_signature)


def test_a_key_of_the_same_name_is_another_key(written: str) -> None:
    note = notes.read_note(written)
    assert not notes.is_signed_by(
        note, notes.origin_of(VOTE), signer(b"another secret").public, check_signature
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-1],
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("12\n", "12\x01\n"),
        lambda note: note.replace("==\n", "=\n").replace("=\n", "\n"),
        lambda note: "",
    ],
)
def test_what_is_no_note_is_not_read(written: str, spoil) -> None:
    with pytest.raises(ValueError):
        notes.read_note(spoil(written))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n0\nAAAA\n",
        "a\n01\nAAAA\n",
        "a\n1\nAAAA\n",
        "a\n1\n" + "A" * 43 + "=\nmore\n",
        "a\n-1\nAA==\n",
    ],
)
def test_what_is_no_checkpoint_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        notes.read_checkpoint(text)


def test_base64_with_bits_to_spare_is_refused() -> None:
    good = base64.b64encode(bytes(32)).decode()
    assert notes.read_checkpoint(f"a\n1\n{good}\n").root == bytes(32)
    with pytest.raises(ValueError):
        notes.read_checkpoint(f"a\n1\n{good[:-2]}B=\n")


def test_a_fingerprint_may_be_typed_in_any_groups(secret: bytes) -> None:
    key = signer(secret)
    assert notes.same_fingerprint(key.fingerprint.upper().replace("-", " : "), key.public)
    assert not notes.same_fingerprint(key.fingerprint[:-1], key.public)
    assert not notes.same_fingerprint("", key.public)
