"""Imports: an upload as its page shows it, and what staff decide before it is written; `applying.py` writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, Refusal
from app.models.estates import ImportState, RegisterImport
from app.rules.estates.plan import ImportPlan
from app.rules.estates.rows import RowError
from app.services.estates.comparing import find_import, record_import
from app.services.estates.snapshot import register_fingerprint
from app.services.trail import Actor

STATE_NAMES = {
    ImportState.READING: N_("正在读取"),
    ImportState.READY: N_("等待确认"),
    ImportState.APPLIED: N_("已写入名册"),
    ImportState.REFUSED: N_("读不了"),
    ImportState.DISCARDED: N_("已取消"),
}


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An upload in a list."""

    id: UUID
    file_name: str
    state: ImportState
    uploaded_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportView:
    """An upload with what is known of it: progress while it is read, the plan once it is, counts once it is written.

    `same` are the keys staff put together, `removals` the homes they ticked; `moved` says that the register has
    changed since the plan was made.
    """

    id: UUID
    file_name: str
    state: ImportState
    done: int
    total: int
    uploaded_at: datetime
    applied_at: datetime | None
    refusal: Refusal | None = None
    plan: ImportPlan | None = None
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()
    same: tuple[frozenset[str], ...] = ()
    removals: frozenset[str] = frozenset()
    fingerprint: str = ""
    moved: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


def list_imports(session: Session, *, estate_id: UUID, limit: int = 20) -> Sequence[ImportLine]:
    query = (
        select(RegisterImport)
        .where(RegisterImport.estate_id == estate_id)
        .order_by(col(RegisterImport.uploaded_at).desc())
        .limit(limit)
    )
    return [
        ImportLine(row.id, row.file_name, row.state, row.uploaded_at, row.applied_at)
        for row in session.exec(query)
    ]


def count_open_imports(session: Session, *, estate_id: UUID) -> int:
    """Uploads that are being read or wait for a decision."""
    query = select(sa.func.count()).where(
        col(RegisterImport.estate_id) == estate_id,
        col(RegisterImport.state).in_([ImportState.READING, ImportState.READY]),
    )
    return int(session.exec(query).one())


def get_import(session: Session, *, estate_id: UUID, import_id: UUID) -> ImportView:
    """The upload as its page shows it; raises `NotFound` for another estate's."""
    row = find_import(session, estate_id=estate_id, import_id=import_id)
    preview: dict[str, Any] = row.preview
    known: dict[str, Any] = {}
    if row.state is ImportState.REFUSED:
        known["refusal"] = Invalid(preview["message"], **preview["values"])
    if row.state is ImportState.APPLIED:
        known["counts"] = preview["counts"]
    if row.state is ImportState.READY:
        current = register_fingerprint(session, estate_id=estate_id)
        known = {
            "plan": ImportPlan.from_json(preview["plan"]),
            "errors": tuple(map(RowError.from_json, preview["parsed"]["errors"])),
            "warnings": tuple(map(RowError.from_json, preview["parsed"]["warnings"])),
            "same": tuple(frozenset(keys) for keys in preview["same"]),
            "removals": frozenset(preview["removals"]),
            "fingerprint": row.register_fingerprint,
            "moved": current != row.register_fingerprint,
        }
    return ImportView(
        id=row.id,
        file_name=row.file_name,
        state=row.state,
        done=row.done,
        total=row.total,
        uploaded_at=row.uploaded_at,
        applied_at=row.applied_at,
        **known,
    )


def decide(
    session: Session,
    *,
    estate_id: UUID,
    import_id: UUID,
    seen: str,
    same: Sequence[Collection[str]] | None = None,
    removals: Collection[str] | None = None,
    among: Collection[str] = (),
) -> None:
    """Keep what staff ticked: which keys are one person, or which homes shall go; `among` are those they saw.

    `seen` is the fingerprint the page was made from; raises `Conflict` when the plan is another by now.
    """
    row = find_import(session, estate_id=estate_id, import_id=import_id, lock=True)
    if row.state is not ImportState.READY:
        raise Conflict(N_("这次导入已经处理过了"))
    if seen != row.register_fingerprint:
        raise Conflict(N_("名册刚刚有变动，预览已经重新比较。请返回预览再看一遍"))
    preview: dict[str, Any] = dict(row.preview)
    plan = ImportPlan.from_json(preview["plan"])
    if same is not None:
        known = {person.key for double in plan.doubles for person in double.persons}
        kept = [keys for keys in preview["same"] if not set(keys) & set(among)]
        ticked = [sorted(set(keys) & known) for keys in same]
        preview["same"] = kept + [keys for keys in ticked if len(keys) > 1]
    if removals is not None:
        if removals and preview["parsed"]["errors"]:
            raise Conflict(N_("还有被拒绝的行，暂时不能删除房屋：请先改好文件重新上传"))
        removable = {str(unit.home) for unit in plan.removed}
        staying = set(preview["removals"]) - set(among)
        preview["removals"] = sorted((staying | set(removals)) & removable)
    row.preview = preview
    session.add(row)
    session.flush()


def discard_import(
    session: Session, *, estate_id: UUID, import_id: UUID, actor: Actor, now: datetime
) -> None:
    """Drop an upload that is not written yet, with everything read from it; dropping it twice is one deed."""
    row = find_import(session, estate_id=estate_id, import_id=import_id, lock=True)
    if row.state is ImportState.APPLIED:
        raise Conflict(N_("这次导入已经写入名册，不能取消"))
    if row.state is ImportState.DISCARDED:
        return
    row.state, row.content, row.preview, row.lease_until = ImportState.DISCARDED, None, {}, None
    session.add(row)
    record_import(session, row, "discard", actor, now, {"file": row.file_name, "sha256": row.sha256})
