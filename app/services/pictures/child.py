"""The child process: limits first, then one picture after another until the other side is gone."""

from __future__ import annotations

import contextlib
import os
import sys
from types import ModuleType

from app.services.pictures.drawing import draw
from app.services.pictures.framing import HEAVY, read_job, write_drawn

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limits; pixels and seconds are limited all the same
    resource = None

MIB = 1024 * 1024
# Measured: 40 megapixels of JPEG take 90 MiB, of PNG 400, of WebP 730; WebP ends at about 26 megapixels instead.
MEMORY = 512 * MIB


def limit(memory: int) -> None:
    """So much address space; no file written, hardly one opened, no dump of what people sent."""
    if resource is None:
        return
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        # macOS refuses some; a stricter limit may stand already.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main() -> None:
    limit(MEMORY)
    # Whatever a library prints must not come between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            drawn = draw(read_job(sys.stdin.buffer))
            write_drawn(answers, drawn)
            if drawn.word == HEAVY:  # what is left of the memory is nobody's to say
                return


if __name__ == "__main__":
    main()
