"""Search: Chinese words are found on both databases, in one's own estate only."""

from datetime import UTC, datetime
from uuid import uuid4

from app.models.search import SubjectKind
from app.services import search
from app.services.estates.standing import create_estate

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def put(session, estate_id, text, at=NOW, subject_id=None):
    subject_id = subject_id or uuid4()
    search.put_in_index(
        session, estate_id=estate_id, kind=SubjectKind.PROPOSAL, subject_id=subject_id, text=text, at=at
    )
    return subject_id


def found(session, estate_id, query):
    return [hit.subject_id for hit in search.find(session, estate_id=estate_id, query=query)]


def test_a_word_in_the_middle_of_a_sentence_is_found(session, world) -> None:
    lift = put(session, world.estate_id, "请给三号楼一单元加装电梯")
    put(session, world.estate_id, "请修好院子里的路灯")
    assert found(session, world.estate_id, "电梯") == [lift]
    assert found(session, world.estate_id, "加装 三号楼") == [lift]
    assert found(session, world.estate_id, "梯") == [lift]


def test_full_width_letters_and_case_make_no_difference(session, world) -> None:
    parcel = put(session, world.estate_id, "给Ｂ栋装ETC道闸")
    assert found(session, world.estate_id, "b etc") == [parcel]


def test_nothing_of_another_estate_is_found(session, world) -> None:
    other = create_estate(session, slug="other-side", name="别处", now=NOW)
    put(session, other.id, "加装电梯")
    assert found(session, world.estate_id, "电梯") == []


def test_a_new_text_takes_the_place_of_the_old_one(session, world) -> None:
    subject = put(session, world.estate_id, "修路灯")
    put(session, world.estate_id, "修水管", subject_id=subject)
    assert found(session, world.estate_id, "路灯") == []
    assert found(session, world.estate_id, "水管") == [subject]


def test_what_was_taken_out_is_found_no_more(session, world) -> None:
    subject = put(session, world.estate_id, "修路灯")
    search.take_out_of_index(session, kind=SubjectKind.PROPOSAL, subject_id=subject)
    assert found(session, world.estate_id, "路灯") == []


def test_signs_that_mean_something_to_the_index_are_only_signs(session, world) -> None:
    put(session, world.estate_id, "加装电梯")
    for query in ('"', "'", "电梯' OR 'x", 'NEAR("电梯")', "a & | ! ( ) : *", "\\", "电梯*", ""):
        found(session, world.estate_id, query)
