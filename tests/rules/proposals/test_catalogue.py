"""The national list and the essay's second label."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.rules.proposals.catalogue import (
    CATALOGUE,
    ESSAY,
    KIND_ATTITUDES,
    KIND_NAMES,
    LABEL_NAMES,
    ItemKind,
    ItemLabel,
    item_of,
)


@pytest.mark.parametrize(
    ("key", "kind", "label"),
    [
        ("water", ItemKind.BASIC, ItemLabel.FOUNDATIONAL),
        ("waste_sorting", ItemKind.BASIC, ItemLabel.EXTENDING),
        ("lift", ItemKind.IMPROVING, ItemLabel.FOUNDATIONAL),
        ("insulation", ItemKind.IMPROVING, ItemLabel.FOUNDATIONAL),
        ("parking", ItemKind.IMPROVING, ItemLabel.FOUNDATIONAL),
        ("greening", ItemKind.IMPROVING, ItemLabel.EXTENDING),
        ("meals", ItemKind.UPLIFTING, ItemLabel.EXTENDING),
        ("structure", ItemKind.BASIC, ItemLabel.FOUNDATIONAL),
    ],
)
def test_where_the_essay_and_the_document_clash_both_labels_stand(
    key: str, kind: ItemKind, label: ItemLabel
) -> None:
    assert (item_of(key).kind, item_of(key).label) == (kind, label)


def test_every_item_has_its_own_key_title_and_source() -> None:
    assert all(key == item.key for key, item in CATALOGUE.items())
    assert len({item.title for item in CATALOGUE.values()}) == len(CATALOGUE) == 45
    for item in CATALOGUE.values():
        assert item.source == ESSAY or item.source.endswith(KIND_NAMES[item.kind])
    assert {item.kind for item in CATALOGUE.values()} == set(KIND_NAMES) == set(KIND_ATTITUDES)
    assert {item.label for item in CATALOGUE.values()} == set(LABEL_NAMES)


def test_an_unknown_key_is_refused_with_its_field() -> None:
    with pytest.raises(Invalid) as refusal:
        item_of("swimming_pool")
    assert refusal.value.field == "item"
