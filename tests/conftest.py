"""What every test may ask for: see the modules of `tests/fixtures`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Staff of the test world work without a second factor, except where a test is about it.
os.environ.setdefault("STAFF_SECOND_FACTOR", "offered")

pytest_plugins = [
    "tests.fixtures.workers",
    "tests.fixtures.time",
    "tests.fixtures.databases",
    "tests.fixtures.world",
    "tests.fixtures.household",
    "tests.fixtures.surveys",
    "tests.fixtures.proposals",
    "tests.fixtures.proposals_desk",
    "tests.fixtures.votes",
    "tests.fixtures.papers",
    "tests.fixtures.paper",
    "tests.fixtures.evidence",
    "tests.fixtures.deliberations",
    "tests.fixtures.consensus",
    "tests.fixtures.moderation",
    "tests.fixtures.maintenance",
    "tests.fixtures.meetings",
    "tests.fixtures.mediation",
    "tests.fixtures.guides",
    "tests.fixtures.web",
]

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture
def secret() -> bytes:
    return b"a secret for tests only, forty bytes long"


@pytest.fixture
def shared() -> Path:
    assert SHARED.is_dir(), "the shared folder with vectors and data must lie beside the repository"
    return SHARED
