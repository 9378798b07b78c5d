"""Pictures are drawn by a child with limits: no picture takes the server's memory, and a dead child is replaced."""

from __future__ import annotations

import io
import os
import signal
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.services.pictures import crew as crews
from app.services.pictures.crew import Busy, Crew
from app.services.pictures.framing import DRAWN, HEAVY, MOVING, TOO_MANY_PIXELS, UNREADABLE, Drawn, Job

MIB = 1024 * 1024


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int) -> bytes:
    """A whole white PNG, packed a thousand times smaller than it is."""
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def coloured(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind, **options)
    return written.getvalue()


def animated(kind: str) -> bytes:
    written = io.BytesIO()
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


def memory(what: str) -> int:
    """Bytes of this process, from the kernel."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(seconds=10)
    yield made
    made.close()


BOMBS = {
    "8000 squared": (png(8_000, 8_000), TOO_MANY_PIXELS),
    "13000 squared": (png(13_000, 13_000), TOO_MANY_PIXELS),
    "14000 squared": (png(14_000, 14_000), TOO_MANY_PIXELS),
    "one by a hundred thousand": (png(1, 100_000), DRAWN),
    "a hundred thousand by one": (png(100_000, 1), DRAWN),
    "moving": (animated("WEBP"), MOVING),
    "moving gif": (animated("GIF"), UNREADABLE),
    "cut": (png(6_000, 6_000)[:3_000], UNREADABLE),
    "forty megapixels of WebP": (coloured((8_000, 5_000), "WEBP", method=0), HEAVY),
    "no picture": (b"GIF89a=1;<script>alert(1)</script>", UNREADABLE),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_within_seconds_and_costs_this_process_nothing(crew: Crew, name: str) -> None:
    content, word = BOMBS[name]
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    before, started = memory("VmRSS"), time.monotonic()
    assert crew.draw(Job(content)).word == word
    assert time.monotonic() - started < 10
    assert memory("VmHWM") - before < 20 * MIB


def test_the_largest_allowed_photo_and_screenshot_fit_the_childs_memory(crew: Crew) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    for content in (
        coloured((8_000, 5_000), "JPEG", exif=exif),
        coloured((8_000, 5_000), "PNG", "RGBA", exif=exif),
        coloured((5_700, 4_200), "WEBP", method=0),
    ):
        assert crew.draw(Job(content)).word == DRAWN
    assert len(crew.processes()) == 1


def test_pictures_that_follow_one_another_are_drawn_by_one_child(crew: Crew) -> None:
    small = coloured((40, 30))
    crew.draw(Job(small))
    (first,) = crew.processes()
    for _ in range(20):
        assert crew.draw(Job(small)).word == DRAWN
    assert crew.processes() == [first]


def test_a_child_that_was_killed_is_replaced(crew: Crew) -> None:
    small = coloured((40, 30))
    crew.draw(Job(small))
    (first,) = crew.processes()
    os.kill(first, signal.SIGKILL)
    time.sleep(0.1)
    assert crew.draw(Job(small)).word == DRAWN
    assert crew.processes() != [first]


def test_a_child_that_falls_silent_is_ended_refused_and_replaced() -> None:
    crew, small = Crew(seconds=0.5), coloured((40, 30))
    crew.draw(Job(small))
    (first,) = crew.processes()
    os.kill(first, signal.SIGSTOP)
    started = time.monotonic()
    assert crew.draw(Job(small)).word == HEAVY
    assert time.monotonic() - started < 2
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    crew.seconds = 10
    assert crew.draw(Job(small)).word == DRAWN
    crew.close()


def test_who_would_wait_too_long_for_a_child_is_told_so() -> None:
    crew = Crew(size=1, seconds=1.5, patience=0.1)
    crew.draw(Job(coloured((40, 30))))
    os.kill(crew.processes()[0], signal.SIGSTOP)
    busy = threading.Thread(target=crew.draw, args=(Job(coloured((40, 30))),))
    busy.start()
    time.sleep(0.2)
    with pytest.raises(Busy):
        crew.draw(Job(coloured((40, 30))))
    busy.join()
    crew.close()


def test_a_child_knows_none_of_the_servers_secrets_and_may_write_no_file(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the server")
    crew.draw(Job(coloured((40, 30))))
    process = Path(f"/proc/{crew.processes()[0]}")
    assert b"of the server" not in (process / "environ").read_bytes()
    limits = (process / "limits").read_text()
    held = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()}
    assert held["Max file size"] == held["Max core file size"] == "0"
    assert held["Max address space"] == str(512 * MIB)


def test_a_child_that_says_what_it_cannot_say_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "read_drawn", lambda _: (_ for _ in ()).throw(ValueError("no such word")))
    crew = Crew()
    assert crew.draw(Job(coloured((40, 30)))) == Drawn(HEAVY)
    assert crew.processes() == []


def test_four_at_once_are_all_drawn() -> None:
    crew, words = Crew(), []
    content = coloured((4_000, 3_000), "JPEG")
    threads = [threading.Thread(target=lambda: words.append(crew.draw(Job(content)).word)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words == [DRAWN] * 4
    assert len(crew.processes()) <= 2
    crew.close()
