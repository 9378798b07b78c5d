"""The words of a survey: whom it asks, what a question can be, and what a sheet says of where it came from."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_


class Per(StrEnum):
    """Whether each home answers once, or each person."""

    HOME = "home"
    PERSON = "person"


class Reach(StrEnum):
    """The part of the estate that is asked."""

    ESTATE = "estate"
    BUILDING = "building"
    ENTRANCE = "entrance"


class State(StrEnum):
    """Where a survey stands; it follows from the clock, never from a column."""

    DRAFT = "draft"
    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


class Kind(StrEnum):
    """What a question can be."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    TEXT = "text"
    RANKING = "ranking"


class Channel(StrEnum):
    """How a sheet came: from a resident's own account, or filled in with him at his door."""

    PHONE = "phone"
    DOOR = "door"


class Age(StrEnum):
    """The age band that the respondent gives himself; saying nothing is one of the answers."""

    UNDER_40 = "18-39"
    UNDER_60 = "40-59"
    UNDER_70 = "60-69"
    FROM_70 = "70+"
    NOT_SAID = "not_said"


PER_NAMES = {Per.HOME: N_("每户答一份"), Per.PERSON: N_("每人答一份")}
STATE_NAMES = {
    State.DRAFT: N_("草稿"),
    State.WAITING: N_("还没开始"),
    State.OPEN: N_("正在填写"),
    State.CLOSED: N_("已结束"),
}
KIND_NAMES = {
    Kind.SINGLE: N_("单选"),
    Kind.MULTIPLE: N_("多选"),
    Kind.SCALE: N_("打分（1 到 5）"),
    Kind.TEXT: N_("写几句话"),
    Kind.RANKING: N_("排先后"),
}
CHANNEL_NAMES = {Channel.PHONE: N_("本人在网上填"), Channel.DOOR: N_("上门代填")}
AGE_NAMES = {
    Age.UNDER_40: N_("18—39 岁"),
    Age.UNDER_60: N_("40—59 岁"),
    Age.UNDER_70: N_("60—69 岁"),
    Age.FROM_70: N_("70 岁以上"),
    Age.NOT_SAID: N_("不说年龄"),
}
