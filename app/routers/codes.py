"""Codes for paper: an address as a QR drawing, and whether other telephones can reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

import segno
from markupsafe import Markup


def drawn_code(url: str) -> Markup:
    """The address as SVG. Level M still reads with a seventh of the code scratched off, as happens in a stairwell."""
    svg = segno.make(url, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704 — drawn here from our own address, nothing typed is in it


def is_local(public_url: str) -> bool:
    """Whether the address leads to this machine only, so that no other telephone opens it."""
    return urlsplit(public_url).hostname in {"localhost", "127.0.0.1", "::1"}
