"""An estate's own rules and its catalogue: kept when they make sense, refused beside their field when not."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid
from app.models.proposals import CatalogueItem, ConsultationSettings
from app.rules.proposals import deadlines, support
from app.rules.proposals.catalogue import CATALOGUE, ItemKind, ItemLabel
from app.services.proposals import catalogue_desk
from app.services.proposals.catalogue import find_item, list_items
from app.services.proposals.settings import Settings, as_typed, read_settings, read_typed, save_settings
from app.services.trail import list_rows
from tests.fixtures.proposals import LAMP


def typed(words="", street_name="", street_phone="", **numbers):
    given = {name.replace("__", "."): value for name, value in numbers.items()}
    blank = as_typed(Settings())
    return replace(
        blank,
        numbers={**blank.numbers, **given},
        words=words,
        street_name=street_name,
        street_phone=street_phone,
    )


@pytest.fixture
def save(session, world, committee, now):
    def keep(**given):
        settings = read_typed(typed(**given))
        save_settings(session, estate_id=world.estate_id, settings=settings, actor=committee.actor, now=now)
        return read_settings(session, estate_id=world.estate_id)

    return keep


def test_an_estates_rules_are_kept_and_shown_as_they_were_typed(save) -> None:
    saved = save(
        estate__parts="10",
        answer_days="7",
        street_name=" 和平街道办 ",
        street_phone="138 0000 1111",
        words="傻子\n骗子\n\n 傻子 ",
    )
    assert (saved.support.estate.parts, saved.answer.answer_days) == (10, 7)
    assert (saved.street_name, saved.street_phone) == ("和平街道办", "+8613800001111")
    assert saved.words == ("傻子", "骗子")
    assert read_typed(as_typed(saved)) == saved


def test_the_new_rule_holds_for_the_next_proposal_and_not_for_the_last(pen, save) -> None:
    old = pen.publish()
    save(entrance__minimum="5", entrance__maximum="5")
    new = pen.publish(pen.save(replace(LAMP, title="另一盏路灯")))
    assert (old.needed, new.needed) == (3, 5)


def test_what_equals_the_defaults_stays_the_defaults_and_no_change_leaves_no_trace(
    session, world, save
) -> None:
    save()
    assert session.get(ConsultationSettings, world.estate_id) is None
    save(street_name="和平街道办")
    save(street_name="和平街道办")
    row = session.get_one(ConsultationSettings, world.estate_id)
    assert (row.support, row.answer) == ({}, {})
    tags = [line.tag for line in list_rows(session, estate_id=world.estate_id)]
    assert tags == ["proposals:settings:save"]
    back = read_settings(session, estate_id=world.estate_id)
    assert (back.support, back.answer) == (support.DEFAULT, deadlines.DEFAULT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("estate.parts", "21"),
        ("estate.parts", "0"),
        ("entrance.minimum", "两户"),
        ("building.maximum", "1"),
        ("gathering_days", "366"),
        ("gathering_days", ""),
        ("answer_days", "0"),
        ("street_days", "-3"),
        ("answer_days", "５"),
        ("answer_days", "9" * 5000),
        ("words", "字" * 21),
        ("words", "\n".join(f"词{n}" for n in range(301))),
        ("street_name", "名" * 51),
        ("street_phone", "12345"),
        ("street_phone", "0512-65550101"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(name, value) -> None:
    with pytest.raises(Invalid) as refusal:
        read_typed(typed(**{name.replace(".", "__"): value}))
    assert refusal.value.field == name


@pytest.fixture
def desk(session, world, committee, now):
    class Desk:
        where = {"estate_id": world.estate_id, "actor": committee.actor, "now": now}

        def add(self, **changes):
            given = {
                "item_id": uuid4(),
                "title": "水景修复",
                "kind": "improving",
                "label": "extending",
                "source": "",
            }
            return catalogue_desk.add_item(session, **self.where, **{**given, **changes})

        def change(self, key, **changes):
            item = find_item(session, estate_id=world.estate_id, key=key, with_hidden=True)
            given = {"title": item.title, "kind": item.kind, "label": item.label, "hidden": item.hidden}
            catalogue_desk.change_item(session, **self.where, key=key, **{**given, **changes})

        def offered(self):
            return [item.key for item in list_items(session, estate_id=world.estate_id)]

    return Desk()


def test_an_own_item_is_added_once_and_only_here(session, world, desk) -> None:
    item_id = uuid4()
    key = desk.add(item_id=item_id)
    assert desk.add(item_id=item_id) == key
    item = find_item(session, estate_id=world.estate_id, key=key)
    assert (item.title, item.kind, item.label, item.own) == (
        "水景修复",
        ItemKind.IMPROVING,
        ItemLabel.EXTENDING,
        True,
    )
    assert key not in [item.key for item in list_items(session, estate_id=world.other_estate_id)]
    tags = [line.tag for line in list_rows(session, estate_id=world.estate_id)]
    assert tags == ["proposals:catalogue:add"]


def test_a_hidden_item_is_not_offered_and_comes_back_without_a_row(session, world, desk) -> None:
    desk.change("gas", hidden=True)
    assert "gas" not in desk.offered()
    desk.change("gas", hidden=False)
    assert "gas" in desk.offered()
    assert session.exec(select(CatalogueItem)).all() == []


def test_a_national_item_gets_other_words_and_the_national_list_keeps_its_own(session, world, desk) -> None:
    desk.change("lift", title="加装电梯（含担架梯）", kind="basic")
    item = find_item(session, estate_id=world.estate_id, key="lift")
    assert (item.title, item.kind, item.changed) == ("加装电梯（含担架梯）", ItemKind.BASIC, True)
    other = find_item(session, estate_id=world.other_estate_id, key="lift")
    assert other.title == CATALOGUE["lift"].title


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "名" * 31), ("kind", "gold"), ("label", ""), ("source", "源" * 201)],
)
def test_an_item_that_makes_no_sense_is_refused_beside_its_field(desk, field, value) -> None:
    with pytest.raises(Invalid) as refusal:
        desk.add(**{field: value})
    assert refusal.value.field == field


def test_an_unknown_item_cannot_be_changed(session, world, committee, now) -> None:
    with pytest.raises(Invalid):
        catalogue_desk.change_item(
            session,
            estate_id=world.estate_id,
            key="gold",
            title="金子",
            kind="basic",
            label="extending",
            hidden=False,
            actor=committee.actor,
            now=now,
        )


def test_fifty_own_items_are_enough(desk) -> None:
    for _ in range(catalogue_desk.MOST_OWN):
        desk.add()
    with pytest.raises(Conflict):
        desk.add()
