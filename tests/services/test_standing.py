"""Entering an estate: one statement says which estate it is, who comes, and what he is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import NotFound
from app.rules.accounts import SESSION_IDLE_STAFF, Role
from app.services.accounts.sessions import end_all, find_person
from app.services.estates.standing import Standing, arrive, enter


def test_who_enters_is_the_person_of_his_token_with_his_standing(session, world, clock):
    for person in (world.chen_jie, world.li_na):
        estate, standing, found = enter(session, slug=world.slug, token=person.token, now=clock())
        assert found == find_person(session, token=person.token, now=clock())
        assert (estate, standing) == arrive(session, slug=world.slug, account_id=person.account_id)
    assert enter(session, slug=world.slug, token=world.chen_jie.token, now=clock())[1].roles == {
        Role.COMMITTEE
    }


def test_an_ended_session_enters_as_a_stranger(session, world, clock):
    end_all(session, account_id=world.chen_jie.account_id, now=clock())
    _, standing, person = enter(session, slug=world.slug, token=world.chen_jie.token, now=clock())
    assert (standing, person) == (Standing(), None)


def test_staff_who_were_idle_too_long_enter_as_strangers(session, world, clock):
    later = clock() + SESSION_IDLE_STAFF + timedelta(minutes=1)
    _, standing, person = enter(session, slug=world.slug, token=world.chen_jie.token, now=later)
    assert (standing, person) == (Standing(), None)


def test_an_address_without_an_estate_is_not_found(session, world, clock):
    with pytest.raises(NotFound):
        enter(session, slug="nowhere", token=world.chen_jie.token, now=clock())
