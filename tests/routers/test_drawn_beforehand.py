"""Pictures are drawn before a turn at the database is taken: while one keeps a decoder busy, everybody else goes on."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.models.maintenance.photos import OrderPhoto
from app.rules.files import has_many_scans
from app.services.deliberations.attaching import Upload
from app.services.maintenance import reporting
from app.services.pictures.crew import crew
from app.services.pictures.framing import HEAVY, Drawn, Job
from tests.fixtures.databases import Databases
from tests.routers.maintenance.test_report_sticker import code_of, open_form
from tests.routers.test_estates import claim, photo


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> Databases:
    made: Databases = request.getfixturevalue(f"{request.param}_databases")
    return made


def progressive(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes so often."""
    written = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(written, "JPEG", progressive=True)
    content = written.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


@contextmanager
def a_slow_decoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Nothing is drawn until the block ends; the semaphore counts the pictures that came."""
    came, go = threading.Semaphore(0), threading.Event()

    def draw(job: Job) -> Drawn:
        came.release()
        go.wait(20)
        return Drawn(HEAVY)

    monkeypatch.setattr(crew, "draw", draw)
    try:
        yield came
    finally:
        go.set()


def test_a_ballot_and_a_page_are_answered_while_five_pictures_are_drawn(
    web, world, vote, clock, monkeypatch
) -> None:
    clock.instant = vote.opens_at
    li_na, base = web(world.li_na), f"/e/{world.slug}/votes/{vote.id}"
    strangers = [web(world.stranger) for _ in range(5)]
    with ThreadPoolExecutor(5) as threads:
        with a_slow_decoder(monkeypatch) as came:
            sent: list[Future] = [
                threads.submit(claim, browser, world, photo((30, 20 + place)))
                for place, browser in enumerate(strangers)
            ]
            assert all(came.acquire(timeout=10) for _ in sent)
            started = time.monotonic()
            home = str(world.homes["301"].unit_id)
            asked = {"unit": home, "choice": "for", "key": uuid4().hex}
            assert li_na.post(f"{base}/ballot", asked).status_code == 303
            assert li_na.get(base).status_code == 200
            assert web().get("/sign-in").status_code == 200
            assert time.monotonic() - started < 3
            assert not any(one.done() for one in sent)
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} == {413}
    assert all("太费内存或时间" in answer.text for answer in answers)


def test_pictures_of_who_has_no_account_are_counted_even_when_they_are_refused(
    web, upkeep, database, monkeypatch
) -> None:
    monkeypatch.setattr(reporting, "MOST_PICTURES_HOUR", 3)
    code = code_of(database, upkeep.entrance)
    drawn: list[Job] = []
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or Drawn(HEAVY))
    answers = [send(web(), code, photo()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [413, 413, 413, 429, 429]
    assert "三楼灯不亮" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(drawn) == 3
    assert send(web(), code, b"").status_code == 303


def send(browser, code: str, content: bytes):
    fields = {**open_form(browser, code), "text": "三楼灯不亮"}
    files = {"photos": ("灯.jpg", content)} if content else {"photos": ("", b"")}
    return browser.post(f"/q/{code}/report", fields, files=files)


def test_who_is_not_signed_in_has_nothing_drawn(web, world, monkeypatch) -> None:
    drawn: list[Job] = []
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or Drawn(HEAVY))
    files = {"photo": ("证.jpg", photo())}
    assert web().post("/e/xingfuli/join/claim", files=files).status_code in {303, 401}
    assert drawn == []


def test_after_a_picture_that_takes_too_much_no_other_of_the_form_is_drawn(web, upkeep, monkeypatch) -> None:
    drawn: list[Job] = []
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or Drawn(HEAVY))
    files = [("photos", (f"{place}.jpg", photo((30, 20 + place)))) for place in range(5)]
    web(upkeep.world.li_na).post("/e/xingfuli/maintenance/new/details", {"id": str(uuid4())}, files=files)
    assert len(drawn) == 1


def test_a_jpeg_of_a_hundred_scans_is_refused_unread_and_a_cameras_is_not(web, world, monkeypatch) -> None:
    assert not has_many_scans(progressive(1))
    assert not has_many_scans(photo())
    # A film behind the photo, as some telephones put it there, is not the photo.
    assert not has_many_scans(photo() + b"\xff\xda\0\2" * 500)
    assert has_many_scans(progressive(200))
    drawn: list[Job] = []
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or Drawn(HEAVY))
    answer = claim(web(world.stranger), world, progressive(200))
    assert (answer.status_code, drawn) == (413, [])


def test_a_picture_drawn_beforehand_is_drawn_once(web, world, monkeypatch) -> None:
    drawn: list[Job] = []
    draw = crew.draw
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or draw(job))
    assert claim(web(world.stranger), world, photo()).status_code == 303
    assert len(drawn) == 1


def test_an_endless_run_of_markers_is_read_in_no_time() -> None:
    started = time.monotonic()
    for content in (b"\xff" * 10_000_000, b"\xff\xd8" * 5_000_000, b"\xff\xd8" + b"\xff\xfe\0\2" * 2_500_000):
        has_many_scans(content)
    assert time.monotonic() - started < 2


@pytest.fixture
def order_id(database, upkeep, now):
    with database.transaction() as session:
        return upkeep.report(session, now, photos=[Upload("墙.jpg", photo())])


def photo_of(database, order_id) -> OrderPhoto:
    with database.session(writing=False) as session:
        return session.exec(select(OrderPhoto).where(OrderPhoto.order_id == order_id)).one()


def test_a_ballot_and_a_form_are_taken_while_a_photo_is_masked_for_the_public(
    web, world, vote, upkeep, order_id, database, clock, monkeypatch
) -> None:
    clock.instant = vote.opens_at
    clerk, li_na = web(world.chen_jie), web(world.li_na)
    address = f"/desk/{world.slug}/orders/{order_id}/photos/{photo_of(database, order_id).id}/publish"
    with ThreadPoolExecutor(1) as threads:
        with a_slow_decoder(monkeypatch) as came:
            sent = threads.submit(clerk.post, address, {"cells": ["0-0"]})
            assert came.acquire(timeout=10)
            started = time.monotonic()
            asked = {"unit": str(world.homes["301"].unit_id), "choice": "for", "key": uuid4().hex}
            ballot = li_na.post(f"/e/{world.slug}/votes/{vote.id}/ballot", asked)
            assert ballot.status_code == 303
            assert li_na.get(f"/e/{world.slug}/maintenance/{order_id}").status_code == 200
            assert time.monotonic() - started < 3
            assert not sent.done()
        assert sent.result().status_code == 413
    assert photo_of(database, order_id).public_file_id is None


def test_a_masked_photo_is_drawn_once_with_its_boxes_and_for_nobody_who_may_not(
    web, world, upkeep, order_id, database, monkeypatch
) -> None:
    drawn: list[Job] = []
    draw = crew.draw
    monkeypatch.setattr(crew, "draw", lambda job: drawn.append(job) or draw(job))
    address = f"/desk/{world.slug}/orders/{order_id}/photos/{photo_of(database, order_id).id}/publish"
    for name in ("li_na", "wang_wei", "ma_chao", "zhou_tao"):
        assert web(world.people[name]).post(address, {"cells": ["0-0"]}).status_code in {403, 404, 422}
    assert web().post(address, {"cells": ["0-0"]}).status_code in {303, 401}
    assert web(world.chen_jie).post(address, {"cells": ["99-0"]}).status_code == 422
    assert drawn == []
    assert web(world.chen_jie).post(address, {"cells": ["0-0"]}).status_code == 303
    assert [len(job.boxes) for job in drawn] == [1]
    assert web(world.chen_jie).post(address).status_code == 303
    assert [len(job.boxes) for job in drawn] == [1, 0]
