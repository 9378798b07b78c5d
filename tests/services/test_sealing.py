"""Sealing: what is sealed opens only in its own place, with its own vote's key, and unaltered."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.models.votes import BallotCurrent, BallotSecret
from app.rules.votes.states import Choice
from app.services.votes import counting
from app.services.votes.sealing import keyring
from tests.fixtures.crowd import faults_of

SECRET = b"a secret for tests only, forty bytes long"
KEYS = keyring(SECRET, UUID(int=7))


@given(choice=st.sampled_from(Choice), unit=st.uuids())
def test_a_sealed_choice_opens_for_its_own_home_only(choice, unit) -> None:
    sealed = KEYS.seal_answers((choice,), unit)
    assert KEYS.unseal_answers(sealed, unit.bytes) == (choice,)
    with pytest.raises(InvalidTag):
        KEYS.unseal_answers(sealed, uuid4().bytes)


@given(at=st.integers(0, 28), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_does_not_open(at, bit) -> None:
    sealed = bytearray(KEYS.seal_answers((Choice.FOR,), UUID(int=1)))
    assert len(sealed) == 29
    sealed[at] ^= 1 << bit
    with pytest.raises(InvalidTag):
        KEYS.unseal_answers(bytes(sealed), UUID(int=1).bytes)


@given(cut=st.integers(1, 28))
def test_a_shortened_choice_does_not_open(cut) -> None:
    with pytest.raises((InvalidTag, ValueError)):
        KEYS.unseal_answers(KEYS.seal_answers((Choice.FOR,), UUID(int=1))[:-cut], UUID(int=1).bytes)


def test_equal_choices_look_different_and_all_choices_look_alike() -> None:
    sealed = [KEYS.seal_answers((choice,), UUID(int=1)) for choice in [*Choice] * 20]
    assert len(set(sealed)) == 60
    assert {len(one) for one in sealed} == {29}


def test_every_vote_and_every_secret_has_keys_of_its_own() -> None:
    others = [
        keyring(SECRET, UUID(int=8)),
        keyring(b"another installation's secret, long enough", UUID(int=7)),
    ]
    sealed = KEYS.seal_answers((Choice.AGAINST,), UUID(int=1))
    for other in others:
        assert other.pseudonym != KEYS.pseudonym
        with pytest.raises(InvalidTag):
            other.unseal_answers(sealed, UUID(int=1).bytes)


def test_the_key_that_hides_homes_is_not_the_key_that_seals() -> None:
    sealed = KEYS.seal(b"x", b"")
    with pytest.raises(InvalidTag):
        type(KEYS.box)(KEYS.pseudonym).decrypt(sealed[:12], sealed[12:], b"")


def test_a_choice_moved_to_another_homes_row_stops_the_count_instead_of_being_counted(
    session, world, vote
) -> None:
    for home, owner in (("301", world.li_na), ("302", world.wang_wei)):
        choice = Choice.FOR if home == "301" else Choice.AGAINST
        vote.cast(session, world.homes[home].unit_id, owner.account_id, choice, vote.opens_at)
    one, other = session.exec(select(BallotCurrent).where(BallotCurrent.vote_id == vote.id)).all()
    one.sealed_choice, other.sealed_choice = other.sealed_choice, one.sealed_choice
    session.flush()
    with pytest.raises(InvalidTag):
        list(counting._papers(session, vote.id, vote.secret))


def test_a_ballot_for_a_home_that_was_never_on_the_roll_stops_the_count(session, world, vote) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    session.connection().execute(sa.update(BallotCurrent).values(unit_id=uuid4()))
    with pytest.raises(RuntimeError, match="never on its roll"):
        list(counting._papers(session, vote.id, vote.secret))


def test_an_opening_is_bound_to_its_number_in_the_chain(session, world, vote) -> None:
    receipt = vote.cast(
        session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at
    )
    assert faults_of(session, vote.id, vote.secret) == []
    row = session.get_one(BallotSecret, (vote.id, receipt.seq))
    keys = keyring(vote.secret, vote.id)
    assert b'"answers":["for"]' in keys.unseal(row.sealed, vote.id.bytes + receipt.seq.to_bytes(8, "big"))
    with pytest.raises(InvalidTag):
        keys.unseal(row.sealed, vote.id.bytes + (receipt.seq + 1).to_bytes(8, "big"))
    assert b"answers" not in row.sealed
