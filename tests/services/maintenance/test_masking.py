"""Photos for the public: black to the pixel, by whom it is decided, and gone when it is taken back."""

from __future__ import annotations

import io
from datetime import datetime
from uuid import UUID

import pytest
from PIL import Image
from sqlmodel import Session, select

from app.errors import Invalid, NotAllowed, NotFound
from app.models.files import StoredFile
from app.models.maintenance.photos import OrderPhoto, PhotoKind
from app.models.trail import TrailRow
from app.rules.maintenance.masking import Cell
from app.services.deliberations.attaching import Upload
from app.services.maintenance.hiding import hide_order, show_order
from app.services.maintenance.masking import Look, publish_photo, take_back_photo, withhold_photo
from app.services.maintenance.photos import store_photos
from app.services.maintenance.picturing import kept_boxes, open_photo
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody


def picture() -> Upload:
    """A white picture of ten by ten pixels a cell."""
    written = io.BytesIO()
    Image.new("RGB", (120, 120), "white").save(written, "PNG")
    return Upload("墙.png", written.getvalue())


@pytest.fixture
def order_id(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    return upkeep.report(session, now, photos=[picture()])


@pytest.fixture
def photo(session: Session, order_id: UUID) -> OrderPhoto:
    return session.exec(select(OrderPhoto).where(OrderPhoto.order_id == order_id)).one()


def look(upkeep: Upkeep, photo: OrderPhoto, who: Somebody, now: datetime) -> Look:
    return Look(
        estate_id=upkeep.world.estate_id,
        order_id=photo.order_id,
        photo_id=photo.id,
        actor=actor_of(who),
        now=now,
    )


def seen(
    session: Session,
    upkeep: Upkeep,
    photo: OrderPhoto,
    who: Somebody | None = None,
    *,
    original: bool = False,
) -> Image.Image:
    file = open_photo(
        session,
        estate_id=upkeep.world.estate_id,
        order_id=photo.order_id,
        photo_id=photo.id,
        account_id=who.account_id if who else None,
        original=original,
    )
    return Image.open(io.BytesIO(file.content)).convert("L")


def test_what_is_ticked_is_black_in_the_pixels_and_the_original_is_not(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    with pytest.raises(NotFound):
        seen(session, upkeep, photo)
    clerk = upkeep.world.chen_jie
    publish_photo(session, look(upkeep, photo, clerk, now), cells={Cell(0, 0), Cell(0, 1), Cell(11, 11)})
    shown = seen(session, upkeep, photo)
    dark = [shown.getpixel(spot) for spot in ((2, 2), (12, 5), (117, 117))]
    light = [shown.getpixel(spot) for spot in ((60, 60), (60, 5), (2, 117))]
    assert max(dark) < 40 < 215 < min(light)
    untouched = seen(session, upkeep, photo, upkeep.world.li_na, original=True)
    assert untouched.getpixel((2, 2)) > 250
    assert len(kept_boxes(photo)) == 2


def test_publishing_again_replaces_the_file_and_taking_back_removes_it(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    by = look(upkeep, photo, upkeep.world.chen_jie, now)
    publish_photo(session, by, cells=())
    first = photo.public_file_id
    publish_photo(session, by, cells={Cell(3, 3)})
    assert photo.public_file_id != first
    assert len(session.exec(select(StoredFile.id)).all()) == 2
    take_back_photo(session, by)
    assert (photo.public_file_id, photo.checked_by, photo.boxes) == (None, None, {"boxes": []})
    assert session.exec(select(StoredFile.id)).all() == [photo.file_id]
    with pytest.raises(NotFound):
        seen(session, upkeep, photo)


def test_withheld_with_a_reason_and_with_none_not_at_all(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    by = look(upkeep, photo, upkeep.world.chen_jie, now)
    for reason in ("", "长" * 500_000):
        with pytest.raises(Invalid) as refusal:
            withhold_photo(session, by, reason=reason)
        assert refusal.value.field == "reason"
    publish_photo(session, by, cells=())
    withhold_photo(session, by, reason="拍到了孩子的脸")
    assert (photo.withheld, photo.public_file_id) == ("拍到了孩子的脸", None)
    tags = [row.tag for row in session.exec(select(TrailRow).where(TrailRow.subject_kind == "order_photo"))]
    assert sorted(tags) == ["maintenance:photo:publish", "maintenance:photo:withhold"]


def test_the_party_decides_about_its_repair_and_not_about_the_residents_photos(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    world = upkeep.world
    with pytest.raises(NotAllowed) as refusal:
        publish_photo(session, look(upkeep, photo, world.ma_chao, now), cells=())
    assert refusal.value.code == "not_your_photo"
    store_photos(
        session,
        upkeep.order(session, photo.order_id),
        kind=PhotoKind.PROOF,
        uploads=[picture()],
        uploaded_by=world.ma_chao.account_id,
        now=now,
    )
    proof = session.exec(select(OrderPhoto).where(OrderPhoto.kind == PhotoKind.PROOF)).one()
    publish_photo(session, look(upkeep, proof, world.ma_chao, now), cells=())
    for person in (world.li_na, world.wang_wei, world.sun_li):
        with pytest.raises(NotAllowed):
            take_back_photo(session, look(upkeep, proof, person, now))


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("li_na", True),
        ("chen_jie", True),
        ("ma_chao", True),
        ("wang_wei", False),
        ("sun_li", False),
        ("", False),
    ],
)
def test_originals_are_for_the_reporter_and_who_works_on_it(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime, name: str, may: bool
) -> None:
    publish_photo(session, look(upkeep, photo, upkeep.world.chen_jie, now), cells=())
    who = upkeep.world.people[name] if name else None
    assert seen(session, upkeep, photo, who).size == (120, 120)
    if may:
        assert seen(session, upkeep, photo, who, original=True).size == (120, 120)
    else:
        with pytest.raises(NotFound):
            seen(session, upkeep, photo, who, original=True)


def test_a_hidden_orders_photos_are_out_of_reach_by_any_address(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    clerk = upkeep.world.chen_jie
    publish_photo(session, look(upkeep, photo, clerk, now), cells=())
    asked = {
        "estate_id": upkeep.world.estate_id,
        "order_id": photo.order_id,
        "actor": actor_of(clerk),
        "now": now,
        "reason": "写了姓名",
    }
    hide_order(session, **asked)  # type: ignore[arg-type]
    public = session.get_one(StoredFile, photo.public_file_id, populate_existing=True)
    assert public.private
    with pytest.raises(NotFound):
        seen(session, upkeep, photo)
    assert seen(session, upkeep, photo, upkeep.world.li_na)
    show_order(session, **asked)  # type: ignore[arg-type]
    session.refresh(public)
    assert not public.private
    assert seen(session, upkeep, photo)


def test_a_photo_of_another_order_is_none_of_this_one(
    session: Session, upkeep: Upkeep, photo: OrderPhoto, now: datetime
) -> None:
    other = upkeep.report(session, now)
    by = Look(
        estate_id=upkeep.world.estate_id,
        order_id=other,
        photo_id=photo.id,
        actor=actor_of(upkeep.world.chen_jie),
        now=now,
    )
    with pytest.raises(NotFound):
        publish_photo(session, by, cells=())
