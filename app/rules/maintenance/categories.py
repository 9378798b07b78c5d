"""What can be reported, in plain words: at most twenty categories, one of them Other, each with its questions."""

from __future__ import annotations

from app.errors import N_, Invalid
from app.rules.maintenance.catalogue_building import BUILDING
from app.rules.maintenance.catalogue_grounds import CONDUCT, PUBLIC
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.questions import Answers, dangers_in

# Residents do not read longer lists.
MOST_CATEGORIES = 20
OTHER = "other"

CATEGORIES: dict[str, Category] = {one.key: one for one in (*BUILDING, *PUBLIC, *CONDUCT)}


def category_of(key: str) -> Category:
    """The category of that key; raises `Invalid` (`unknown_category`) for any other."""
    if key not in CATEGORIES:
        raise Invalid(N_("没有这一类，请从列表里重新选择"), code="unknown_category", field="category")
    return CATEGORIES[key]


def suggest(text: str) -> list[str]:
    """Keys of categories whose words stand in the text, the most words first; never Other."""
    hits = {key: sum(word in text for word in one.keywords) for key, one in CATEGORIES.items()}
    return sorted((key for key, count in hits.items() if count), key=lambda key: -hits[key])


def urgency_of(category: Category, answers: Answers) -> Urgency:
    """The category's own, and urgent whenever an answer tells of a danger."""
    return Urgency.URGENT if dangers_in(category.questions, answers) else category.urgency
