"""What people sent in goes out as an attachment and nothing else, and what they send to hurt stops no other page."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from app.database import Database
from app.services import files
from tests.fixtures.web import Browser
from tests.fixtures.world import World
from tests.routers.test_estates import claim, photo
from tests.services.pictures.test_crew import coloured, png
from tests.services.test_files import PDF

Web = Callable[..., Browser]
ROUTERS = Path(__file__).parents[2] / "app" / "routers"


def test_a_pdf_is_only_ever_an_attachment_in_a_sandbox(
    web: Web, world: World, database: Database, now: datetime
) -> None:
    with database.transaction() as session:
        file_id = files.store_document(
            session,
            estate_id=world.estate_id,
            name="方案.pdf",
            content=PDF,
            uploaded_by=world.li_na.account_id,
            now=now,
            private=False,
        )
    for tail in ("", "/small"):
        answer = web(world.li_na).get(f"/e/{world.slug}/files/{file_id}{tail}")
        assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].endswith("; sandbox")


def test_pages_are_not_put_in_a_sandbox(web: Web, world: World) -> None:
    assert "sandbox" not in web(world.li_na).get("/me").headers["content-security-policy"]


def _sends_what_was_sent_in(call: ast.Call) -> bool:
    kinds = [word.value for word in call.keywords if word.arg == "media_type"]
    # A scanned sheet was drawn anew by us and is read beside the form: never anything but a JPEG.
    return any(
        isinstance(kind, ast.Attribute)
        and kind.attr == "media_type"
        and ast.unparse(kind) != "scan.media_type"
        for kind in kinds
    )


def test_every_answer_with_a_files_own_type_is_an_attachment_that_is_not_sniffed() -> None:
    found = []
    for path in ROUTERS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _sends_what_was_sent_in(node):
                found.append(path.name)
                assert "attachment; filename" in ast.unparse(node), path
    assert len(found) >= 5


@pytest.mark.parametrize("content", [png(14_000, 14_000), coloured((8_000, 5_000), "WEBP", method=0)])
def test_a_bomb_sent_with_a_form_is_a_sentence_and_the_next_page_comes_at_once(
    web: Web, world: World, content: bytes
) -> None:
    browser = web(world.stranger)
    answer = claim(browser, world, content)
    assert answer.status_code in {413, 422}
    assert "照片" in answer.text
    started = time.monotonic()
    assert browser.get("/me").status_code == 200
    assert time.monotonic() - started < 1
    assert claim(browser, world, photo()).status_code == 303
