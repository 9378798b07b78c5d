"""Votes: what came of comparing the sample of paper sheets with the record: an act of staff, kept on the trail.

The trail is where the seed stands too; both are in the package of the vote, so that whoever draws the sample again finds beside it
what was found on paper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.trail import TrailRow
from app.rules.text import clean_line, clean_text
from app.rules.votes import serials
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.paper_counts import Sample, read_sample

COMPARED = "votes:sample:compare"
LEAST, MOST_REMARK, MOST_TYPED = 10, 500, 4000


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sample held against paper and picture once: all `compared`, so many `agreeing`; `differing` are serials."""

    at: datetime
    who: str
    compared: int
    agreeing: int
    differing: tuple[str, ...]
    remark: str


def record_comparison(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    comparison_id: UUID,
    complete: bool,
    differing: str,
    remark: str,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> None:
    """Keep what came of comparing the whole sample; `differing` holds serials as typed. The same id twice is one comparison.

    It can be made again, and every one stays. Raises `Conflict` (`not_drawn`), `Invalid` unless `complete`, for a serial that is not
    in the sample, and for differences without a remark.
    """
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    for row in _rows(session, estate_id, vote_id):
        if row.new.get("comparison") == str(comparison_id):
            if row.actor_id != actor.id:
                raise Conflict(N_("这张表单已经用过，请重新打开页面"))
            return
    sample = read_sample(session, estate_id=estate_id, vote_id=vote_id, secret=secret)
    if sample is None or not sample.lines:
        raise Conflict(N_("还没有抽出要核对的票，不能登记核对结果"), code="not_drawn")
    if not complete:
        raise Invalid(N_("名单上的票全部对照完，再登记结果"), field="complete")
    wrong = _read_serials(differing, sample)
    remark = clean_line(remark, most=MOST_REMARK, field="remark")
    if wrong and len(remark) < LEAST:
        raise Invalid(N_("有不一致的，请写明差在哪里、怎么处理，至少 10 个字"), field="remark")
    trail.record(
        session, tag=COMPARED, actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, reason=remark,
        new={
            "comparison": str(comparison_id),
            "compared": len(sample.lines),
            "agreeing": len(sample.lines) - len(wrong),
            "differing": wrong,
        },
    )  # fmt: skip


def list_comparisons(session: Session, *, estate_id: UUID, vote_id: UUID) -> list[Comparison]:
    """Every comparison of the sample, the newest first."""
    return [_comparison(row) for row in reversed(_rows(session, estate_id, vote_id))]


def _read_serials(typed: str, sample: Sample) -> list[str]:
    """The serials typed, each once, in the order of the sample."""
    drawn = [line.serial for line in sample.lines]
    found = set()
    for part in re.split(r"[\s,，、;；]+", clean_text(typed, most=MOST_TYPED, field="differing")):
        if not part:
            continue
        try:
            serial = serials.parse_serial(part)
        except Invalid as refusal:
            refusal.field = "differing"
            raise
        if serial not in drawn:
            raise Invalid(
                N_("编号 %(serial)s 不在抽查名单里，请对照票面重新填写"), field="differing", serial=serial
            )
        found.add(serial)
    return [serial for serial in drawn if serial in found]


def _rows(session: Session, estate_id: UUID, vote_id: UUID) -> list[TrailRow]:
    query = select(TrailRow).where(
        TrailRow.estate_id == estate_id,
        TrailRow.subject_kind == "vote",
        TrailRow.subject_id == vote_id,
        TrailRow.tag == COMPARED,
    )
    return list(session.exec(query.order_by(col(TrailRow.seq))))


def _comparison(row: TrailRow) -> Comparison:
    said: dict[str, Any] = row.new
    return Comparison(
        at=row.at,
        who=row.actor_name,
        compared=said["compared"],
        agreeing=said["agreeing"],
        differing=tuple(said["differing"]),
        remark=row.reason,
    )
