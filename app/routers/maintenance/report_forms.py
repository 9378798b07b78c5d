"""The form of a report as it is shown, typed, sent, and given back when it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Form, Request
from starlette.datastructures import UploadFile

from app.errors import N_, Refusal
from app.rules.maintenance.catalogue_building import BUILDING
from app.rules.maintenance.catalogue_grounds import CONDUCT, PUBLIC
from app.rules.maintenance.categories import CATEGORIES, OTHER, suggest
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.questions import faults_of
from app.services.deliberations.attaching import Upload
from app.services.files import MAX_FILE
from app.services.maintenance.filing import MOST_TEXT
from app.services.maintenance.photos import MOST_PHOTOS
from app.services.maintenance.reporting import Told

# Before the code of a question, so that no category's question can take a field's place.
ANSWER = "answer-"
MOST_WORDS = 60


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What was typed; `had_photos` says that photos were sent, which a browser does not keep."""

    id: UUID
    place: str = ""
    category: str = ""
    text: str = ""
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    contact_name: str = ""
    contact_phone: str = ""
    for_neighbour: bool = False
    token: str = ""
    had_photos: bool = False
    most_text: int = MOST_TEXT
    most_photos: int = MOST_PHOTOS


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that arrived, with its photos."""

    form: ReportForm
    photos: tuple[Upload, ...]

    def told(self) -> Told:
        form = self.form
        return Told(
            id=form.id,
            place=form.place,
            category=form.category,
            text=form.text,
            answers=form.answers,
            photos=self.photos,
            contact_name=form.contact_name,
            contact_phone=form.contact_phone,
        )


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """Categories under a heading, as marked words."""

    title: str
    categories: tuple[Category, ...]


GROUPS = (
    CategoryGroup(N_("楼里的房屋、水电气"), BUILDING),
    CategoryGroup(N_("电梯、消防、道路和公共设施"), PUBLIC),
    CategoryGroup(N_("垃圾、搭建、停车、绿化"), tuple(one for one in CONDUCT if one.key != OTHER)),
    CategoryGroup(N_("都不是"), (CATEGORIES[OTHER],)),
)


async def _read(request: Request, key: Annotated[str, Form(alias="id")] = "") -> Sent:
    """The fields by hand: which questions come depends on the category. One is named, so that the files are closed."""
    sent = await request.form()

    def text_of(name: str) -> str:
        value = sent.get(name)
        return value if isinstance(value, str) else ""

    names = [name for name in dict.fromkeys(sent) if name.startswith(ANSWER)]
    answers = {
        name.removeprefix(ANSWER): tuple(one for one in sent.getlist(name) if isinstance(one, str))
        for name in names
    }
    photos = read_photos([one for one in sent.getlist("photos") if not isinstance(one, str)])
    form = ReportForm(
        id=read_id(key),
        place=text_of("place"),
        category=text_of("category"),
        text=text_of("text"),
        answers=answers,
        contact_name=text_of("contact_name"),
        contact_phone=text_of("contact_phone"),
        for_neighbour=text_of("for") == "neighbour",
        token=text_of("token"),
        had_photos=bool(photos),
    )
    return Sent(form, photos)


SentReport = Annotated[Sent, Depends(_read)]


def read_id(text: str) -> UUID:
    """The id that came with the form; a new one for none, since nothing was written under it."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def read_photos(uploads: Sequence[UploadFile]) -> tuple[Upload, ...]:
    """The photos picked, one more than may be, each to one byte more than may be."""
    picked = [upload for upload in uploads if upload.filename]
    return tuple(Upload(one.filename or "", one.file.read(MAX_FILE + 1)) for one in picked[: MOST_PHOTOS + 1])


def faults(form: ReportForm, refusal: Refusal | None) -> list[Refusal]:
    """What was refused, and the other questions that must be mended as well."""
    if refusal is None:
        return []
    category = CATEGORIES.get(form.category)
    questions = faults_of(category.questions, form.answers) if category else []
    return [refusal, *(fault for fault in questions if fault.field != refusal.field)]


def suggested(words: str) -> tuple[Category, ...]:
    """Categories for what was typed, the likeliest first."""
    return tuple(CATEGORIES[key] for key in suggest(words[:MOST_WORDS]))
