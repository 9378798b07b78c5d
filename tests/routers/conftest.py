"""Pages and addresses: each test on one of the two databases, its name says which; in the campaign on both."""

from __future__ import annotations

import os
from zlib import crc32

import pytest

from tests.fixtures.databases import Databases

KINDS = ("sqlite", "postgres")


# The use cases behind the pages run on both. A handler holds no SQL, and has many tests: some of them fall to each database.
@pytest.fixture(params=KINDS if os.environ.get("CAMPAIGN") else [None], ids=lambda kind: kind or "")
def databases(request: pytest.FixtureRequest) -> Databases:
    kind = request.param or KINDS[crc32(request.node.nodeid.encode()) % 2]
    made: Databases = request.getfixturevalue(f"{kind}_databases")
    return made
