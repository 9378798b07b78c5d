"""Addresses that a form or a link may send a person on to: pages of this site and nothing else."""

from __future__ import annotations

MOST = 500


def local_path(text: str, otherwise: str = "/") -> str:
    """The path when it stays on this site, else `otherwise`.

    A browser reads `//host` and `/\\host` as another host, and drops tabs and line ends before it looks.
    """
    inside = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if inside and len(text) <= MOST and text.isprintable() else otherwise
