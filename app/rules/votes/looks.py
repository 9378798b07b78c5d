"""Looks at ballots: what can be opened that shows what a home chose."""

from __future__ import annotations

from enum import StrEnum


class LookKind(StrEnum):
    """What was opened: the pictures of a sheet, the sample's list, the full package."""

    SCAN = "scan"
    SAMPLE = "sample"
    PACKAGE = "package"
