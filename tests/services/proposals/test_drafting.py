"""Drafts, their photos, publication and withdrawal."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import col, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, TooMany
from app.models.accounts import Grant
from app.models.files import StoredFile
from app.models.outbox import Message
from app.models.proposals import CatalogueItem, Proposal, ProposalEvent, ProposalText
from app.models.search import SubjectKind
from app.rules.accounts import Duty, Role
from app.rules.proposals.catalogue import ItemKind, ItemLabel
from app.rules.proposals.states import ProposalState
from app.services import search
from app.services.proposals import drafting, photos
from app.services.proposals.catalogue import find_item, list_items
from app.services.proposals.drafting import Typed
from app.services.trail import list_rows
from tests.fixtures.proposals import LAMP, TEXT


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 18.0, 0.0)}
    Image.new("RGB", size, "green").save(written, kind, exif=exif)
    return written.getvalue()


def withdraw(pen, proposal, by=None, reason=""):
    return drafting.withdraw(
        pen.session,
        estate_id=pen.world.estate_id,
        proposal_id=proposal.id,
        author=pen.actor(by),
        reason=reason,
        now=pen.now,
    )


def test_a_draft_saved_many_times_is_one_and_its_authors_alone(pen, world) -> None:
    draft_id = uuid4()
    for title in ("路", "路灯", ""):
        pen.save(Typed(title=title), id=draft_id)
    assert len(pen.session.exec(select(Proposal)).all()) == 1
    with pytest.raises(NotFound):
        pen.save(id=draft_id, by=world.wang_wei)
    with pytest.raises(NotFound):
        drafting.read_draft(
            pen.session, estate_id=world.estate_id, proposal_id=draft_id, account_id=world.wang_wei.account_id
        )
    with pytest.raises(NotFound):
        drafting.save_draft(
            pen.session,
            estate_id=world.other_estate_id,
            proposal_id=draft_id,
            typed=LAMP,
            author=pen.actor(),
            now=pen.now,
        )


def test_what_was_typed_comes_back_as_it_was(pen, world) -> None:
    proposal = pen.save()
    read = drafting.read_draft(
        pen.session, estate_id=world.estate_id, proposal_id=proposal.id, account_id=world.li_na.account_id
    )
    assert read.typed == LAMP
    assert read.saved_at == pen.now


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Typed(title="长" * 61), "title"),
        (Typed(text="长" * 100_000), "text"),
        (Typed(item="palace"), "item"),
        (Typed(scope="entrance:9:9"), "scope"),
        (Typed(scope="building:"), "scope"),
        (Typed(scope="moon"), "scope"),
    ],
)
def test_what_cannot_be_kept_is_named_at_its_field_and_nothing_is_written(pen, typed, field) -> None:
    with pytest.raises(Invalid) as refused, pen.session.begin_nested():
        pen.save(typed)
    assert refused.value.field == field
    assert pen.session.exec(select(Proposal)).all() == []


def test_hidden_characters_are_taken_out_of_title_and_text(pen) -> None:
    proposal = pen.save(Typed(title="路\u202e灯\u200b", text="<b>看</b>\u2066这里"))
    assert (proposal.title, proposal.text) == ("路灯", "<b>看</b>这里")


@pytest.mark.parametrize("name", ["chen_jie", "zhao_min", "sun_li", "ma_chao", "zhou_tao", "stranger"])
def test_only_residents_write_proposals(pen, world, name) -> None:
    with pytest.raises(NotAllowed):
        pen.save(by=world.people[name])


def test_tenants_write_and_so_do_party_members_with_the_duty_of_it(pen, world) -> None:
    assert pen.publish(by=world.qian_er).number == 1
    pen.session.add(
        Grant(
            account_id=world.zhao_min.account_id,
            estate_id=world.estate_id,
            role=Role.PARTY_MEMBER,
            duty=Duty.INITIATOR,
            granted_at=pen.now,
        )
    )
    assert pen.publish(by=world.zhao_min).number == 2


def test_publishing_gives_number_threshold_last_day_text_and_a_line_on_the_way(pen, world) -> None:
    proposal = pen.publish()
    # Twelve homes in the entrance without her own: a fifth of eleven is three.
    assert (proposal.number, proposal.needed, proposal.revision) == (1, 3, 1)
    assert proposal.gathering_until == datetime(2027, 1, 22, 16, tzinfo=UTC)
    text = pen.session.exec(select(ProposalText)).one()
    assert (text.revision, text.title, text.text) == (1, LAMP.title, TEXT)
    event = pen.session.exec(select(ProposalEvent)).one()
    assert (event.seq, event.kind, event.state, event.actor_name) == (1, "published", "gathering", "l**")
    found = search.find(pen.session, estate_id=world.estate_id, query="感应灯", kind=SubjectKind.PROPOSAL)
    assert [one.subject_id for one in found] == [proposal.id]
    assert search.find(pen.session, estate_id=world.other_estate_id, query="感应灯") == []
    assert [row.tag for row in list_rows(pen.session, estate_id=world.estate_id)] == [
        "proposals:proposal:publish"
    ]


def test_publishing_twice_is_once_and_numbers_follow_each_other(pen) -> None:
    first = pen.publish()
    pen.publish(first)
    assert (first.number, len(pen.session.exec(select(ProposalEvent)).all())) == (1, 1)
    assert pen.publish().number == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Typed("路灯", LAMP.item, LAMP.scope, TEXT), "title"),
        (Typed(LAMP.title, "", LAMP.scope, TEXT), "item"),
        (Typed(LAMP.title, LAMP.item, LAMP.scope, "太黑了"), "text"),
    ],
)
def test_what_is_missing_keeps_a_draft_a_draft(pen, typed, field) -> None:
    proposal = pen.save(typed)
    with pytest.raises(Invalid) as refused:
        pen.publish(proposal)
    assert (refused.value.field, proposal.state, proposal.number) == (field, ProposalState.DRAFT, None)


def test_another_publishes_neither_a_neighbours_draft_nor_another_estates(pen, world) -> None:
    proposal = pen.save()
    with pytest.raises(NotFound):
        pen.publish(proposal, by=world.wang_wei)
    with pytest.raises(NotFound):
        drafting.publish(
            pen.session,
            estate_id=world.other_estate_id,
            proposal_id=proposal.id,
            author=pen.actor(),
            now=pen.now,
        )


def test_a_published_proposal_is_no_draft_any_more(pen) -> None:
    proposal = pen.publish()
    with pytest.raises(Conflict) as refused:
        pen.save(id=proposal.id)
    assert refused.value.code == "not_a_draft"


def test_a_flood_from_one_hand_is_stopped(pen) -> None:
    for _ in range(drafting.MOST_A_DAY):
        pen.publish()
    with pytest.raises(TooMany):
        pen.publish()
    for _ in range(drafting.MOST_DRAFTS - 1):
        pen.save()
    with pytest.raises(Conflict):
        pen.save()


def test_a_draft_thrown_away_takes_its_photos_with_it_and_tells_nobody(pen) -> None:
    proposal = pen.save()
    photos.add_photos(
        pen.session, proposal=proposal, uploads=[("a.jpg", picture())], by=proposal.author_id, now=pen.now
    )
    withdraw(pen, proposal)
    withdraw(pen, proposal)
    assert proposal.state is ProposalState.WITHDRAWN
    for model in (StoredFile, ProposalEvent, Message):
        assert pen.session.exec(select(model)).all() == []


def test_a_withdrawn_proposal_tells_its_seconders_and_is_not_found_by_its_words(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401")
    with pytest.raises(NotFound):
        withdraw(pen, proposal, by=world.wang_wei)
    withdraw(pen, proposal, reason="物业已经装好了")
    letters = pen.session.exec(select(Message).where(Message.template == "proposal_withdrawn")).all()
    assert {letter.account_id for letter in letters} == {pen.neighbour("302"), pen.neighbour("401")}
    assert search.find(pen.session, estate_id=world.estate_id, query="感应灯") == []
    last = pen.session.exec(select(ProposalEvent).order_by(col(ProposalEvent.seq).desc())).first()
    assert (last.state, last.note, last.actor_name) == (ProposalState.WITHDRAWN, "物业已经装好了", "l**")


def test_an_accepted_proposal_is_the_neighbours_and_cannot_be_taken_away(pen) -> None:
    proposal = pen.publish()
    proposal.state = ProposalState.ACCEPTED
    pen.session.add(proposal)
    pen.session.flush()
    with pytest.raises((Conflict, NotAllowed)):
        withdraw(pen, proposal)


def test_photos_are_made_anew_six_at_most_and_only_pictures(pen) -> None:
    proposal = pen.save()

    def add(*contents: bytes) -> None:
        with pen.session.begin_nested():
            photos.add_photos(
                pen.session,
                proposal=proposal,
                uploads=[("x.jpg", content) for content in contents],
                by=proposal.author_id,
                now=pen.now,
            )

    add(*[picture()] * 5)
    for wrong in ([picture(), picture()], [b"GIF89a"], [b"<svg/>"], [b""]):
        with pytest.raises(Invalid) as refused:
            add(*wrong)
        assert refused.value.field == "photos"
    with pytest.raises(TooLarge):
        add(b"x" * (10 * 1024 * 1024 + 1))
    stored = pen.session.exec(select(StoredFile)).all()
    assert len(stored) == 5
    for file in stored:
        assert not Image.open(io.BytesIO(file.content)).getexif()


def test_a_photo_of_another_proposal_cannot_be_removed_through_ones_own(pen, world) -> None:
    mine, theirs = pen.save(), pen.save(by=world.wang_wei)
    photos.add_photos(
        pen.session, proposal=theirs, uploads=[("a.jpg", picture())], by=theirs.author_id, now=pen.now
    )
    (file_id,) = drafting.photos_of(pen.session, proposal_id=theirs.id)
    photos.remove_photos(pen.session, proposal=mine, file_ids=[file_id])
    assert drafting.photos_of(pen.session, proposal_id=theirs.id) == (file_id,)
    photos.remove_photos(pen.session, proposal=theirs, file_ids=[file_id])
    assert pen.session.exec(select(StoredFile)).all() == []


def test_an_estates_catalogue_is_the_national_one_with_its_own_changes(pen, world) -> None:
    def row(key: str, **more) -> CatalogueItem:
        given = {"title": key, "kind": ItemKind.BASIC, "label": ItemLabel.FOUNDATIONAL}
        return CatalogueItem(estate_id=world.estate_id, key=key, **{**given, **more})

    pen.session.add_all(
        [row("lift", title="电梯"), row("market", hidden=True), row("own_dance", title="跳舞场")]
    )
    pen.session.flush()
    items = {item.key: item for item in list_items(pen.session, estate_id=world.estate_id)}
    assert (items["lift"].title, items["lift"].kind, items["lift"].changed) == ("电梯", ItemKind.BASIC, True)
    assert items["own_dance"].own
    assert "market" not in items
    assert [item.kind for item in items.values()] == sorted(
        (item.kind for item in items.values()), key=list(ItemKind).index
    )
    with pytest.raises(Invalid):
        find_item(pen.session, estate_id=world.estate_id, key="market")
    other = {item.key for item in list_items(pen.session, estate_id=world.other_estate_id)}
    assert "market" in other
    assert "own_dance" not in other
