"""Kinds of meetings, roles in the room, and the other words a meeting's columns hold."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_


class MeetingKind(StrEnum):
    """A council talks and never votes; residents decide by hand (城市居民委员会组织法); three older forms hear, settle and judge."""

    COUNCIL = "council"
    RESIDENTS = "residents"
    HEARING = "hearing"
    COORDINATION = "coordination"
    APPRAISAL = "appraisal"


KIND_NAMES = {
    MeetingKind.COUNCIL: N_("协商议事会"),
    MeetingKind.RESIDENTS: N_("居民会议"),
    MeetingKind.HEARING: N_("听证会"),
    MeetingKind.COORDINATION: N_("协调会"),
    MeetingKind.APPRAISAL: N_("评议会"),
}
# A document that is printed and hashed stays Chinese in every language of the interface.
DOCUMENT_NAMES = {
    MeetingKind.COUNCIL: "协商议事会",
    MeetingKind.RESIDENTS: "居民会议",
    MeetingKind.HEARING: "听证会",
    MeetingKind.COORDINATION: "协调会",
    MeetingKind.APPRAISAL: "评议会",
}


class RoomRole(StrEnum):
    """What somebody is in the room; chair and recorder run it and write its record."""

    CHAIR = "chair"
    RECORDER = "recorder"
    EXPERT = "expert"
    OBSERVER = "observer"
    REPRESENTATIVE = "representative"


ROLE_NAMES = {
    RoomRole.CHAIR: N_("主持人"),
    RoomRole.RECORDER: N_("记录人"),
    RoomRole.EXPERT: N_("解答人"),
    RoomRole.OBSERVER: N_("列席"),
    RoomRole.REPRESENTATIVE: N_("居民代表"),
}
RUNNING = frozenset({RoomRole.CHAIR, RoomRole.RECORDER})


class GuestKind(StrEnum):
    """Whom an invitation names: whoever is hit most, or decides, must not learn of a meeting from others."""

    DEPARTMENT = "department"
    LOW_FLOOR = "low_floor"
    ABSENT_OWNER = "absent_owner"
    OTHER = "other"


GUEST_NAMES = {
    GuestKind.DEPARTMENT: N_("部门和单位"),
    GuestKind.LOW_FLOOR: N_("低楼层住户"),
    GuestKind.ABSENT_OWNER: N_("不在这里住的业主"),
    GuestKind.OTHER: N_("其他"),
}


class Reply(StrEnum):
    """What an invited person answers."""

    COMING = "coming"
    NOT = "not"
    PHONE = "phone"


REPLY_NAMES = {
    Reply.COMING: N_("我来参加"),
    Reply.PHONE: N_("来不了，想打电话参加"),
    Reply.NOT: N_("不参加"),
}


class How(StrEnum):
    """How somebody was signed in."""

    QR = "qr"
    DESK = "desk"


class Basis(StrEnum):
    """Who is counted in a residents' meeting (城市居民委员会组织法 art. 9 of 2018)."""

    PERSONS = "persons"
    HOUSEHOLDS = "households"
    REPRESENTATIVES = "representatives"


BASIS_NAMES = {
    Basis.PERSONS: N_("18 周岁以上的居民"),
    Basis.HOUSEHOLDS: N_("每户派代表"),
    Basis.REPRESENTATIVES: N_("居民小组选举的代表"),
}


class SpeechState(StrEnum):
    """Where a request to speak stands."""

    WAITING = "waiting"
    SPEAKING = "speaking"
    DONE = "done"
    PASSED = "passed"


class RecordState(StrEnum):
    """Where one version of the record stands."""

    DRAFT = "draft"
    PUT = "put"
    REPLACED = "replaced"
    CONFIRMED = "confirmed"


class Verdict(StrEnum):
    """What somebody present says of the record."""

    CONFIRM = "confirm"
    OBJECT = "object"


class Handling(StrEnum):
    """What came of an objection; a confirmation needs none."""

    NONE = "none"
    OPEN = "open"
    ACCEPTED = "accepted"
    NOTED = "noted"
