"""Mediation: the text of an agreement, its digest, and who has confirmed it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from enum import StrEnum
from hashlib import sha256

from app.errors import N_, Conflict, Invalid

LEAST = 20
MOST = 6000


class CourtMark(StrEnum):
    """What became of judicial confirmation."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


def digest_of(*, case: str, number: str, version: int, text: str) -> str:
    """SHA-256 over the case and one version of its text, in one canonical writing: sorted keys, no spaces, UTF-8."""
    document = {"case": case, "number": number, "version": version, "text": text}
    plain = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()


def shown(digest: str) -> str:
    """The beginning of a digest in groups of four, as people compare it on paper."""
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4))


def check_name(typed: str, registered: str) -> str:
    """Who confirms types his own full name as it is registered. Raises `Invalid` naming `name`."""
    if "".join(typed.split()) != "".join(registered.split()) or not typed.strip():
        raise Invalid(
            N_("姓名要和您登记的姓名一字不差。请重新填写；登记的姓名有误请联系居委会"), field="name"
        )
    return registered


def all_signed(wanted: Iterable[object], signed: Collection[object]) -> bool:
    people = list(wanted)
    return bool(people) and all(person in signed for person in people)


def ensure_court_step(marks: Collection[CourtMark], mark: CourtMark) -> None:
    """Applied first, then the court's answer, once. Raises `Conflict`."""
    if mark in marks:
        raise Conflict(N_("这一步已经登记过了，请刷新页面"), code="marked")
    if mark is CourtMark.APPLIED:
        return
    if CourtMark.APPLIED not in marks:
        raise Conflict(N_("请先登记双方共同向法院申请的日子"), code="not_applied")
    if {CourtMark.CONFIRMED, CourtMark.REFUSED} & set(marks):
        raise Conflict(N_("法院的答复已经登记过了"), code="marked")
