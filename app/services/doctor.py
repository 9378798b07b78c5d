"""Doctor: look at everything whose failing nobody would notice, and change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.database import Database, database_clock
from app.services.backups.taking import last_backup
from app.services.health import what_is_missing
from app.services.outbox import count_backlog
from app.services.votes import checkpoints, restorations
from app.services.votes.chain import VOTE
from app.services.votes.restorations import heads_of

LEAST_FREE, LEAST_PART = 2 << 30, 5  # two GiB, and a fifth of the disk
OLDEST_BACKUP = timedelta(hours=26)
_ROLE = sa.text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
LATE, SLOW, DRIFT = timedelta(minutes=15), timedelta(minutes=10), timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at: whether it is well, and a sentence."""

    well: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The installation. `secret` is None when it is not there; `key_file` is where it lies unless it is a setting."""

    database: Database
    data_dir: Path
    secret: bytes | None
    key_file: Path | None
    read_clock: Callable[[], datetime]


def examine(patient: Patient) -> Iterator[Found]:
    """Everything, the plainest first; what needs the database is left out when that does not answer."""
    yield _space(patient.data_dir)
    if patient.database.is_sqlite:
        # Opening it would make it.
        path = Path(sa.make_url(patient.database.url).database or "")
        if not path.exists():
            yield Found(False, f"数据库 {path} 不存在")
            return
    yield _secret(patient)
    yield _backup(patient)
    missing = what_is_missing(patient.database, data_dir=patient.data_dir)
    if missing in {"database", "migrations"}:
        yield Found(
            False,
            "连不上数据库" if missing == "database" else "数据库不是最新的结构：请运行 python -m app migrate",
        )
        return
    yield Found(True, "数据库连得上，是最新的结构")
    try:
        with patient.database.session(writing=False) as session:
            yield from _role(session)
            yield _clock(session, patient)
            yield _restored(session)
            yield from _chains(session, patient.secret)
            yield _late(session, patient.read_clock())
            yield _outbox(session, patient.read_clock())
    except SQLAlchemyError as fault:
        yield Found(False, f"读数据库时出错：{type(fault).__name__}")


def _space(data_dir: Path) -> Found:
    if not data_dir.is_dir():
        return Found(False, f"没有数据目录 {data_dir}")
    disk = shutil.disk_usage(data_dir)
    well = disk.free >= LEAST_FREE and disk.free * LEAST_PART >= disk.total
    return Found(well, f"数据目录的磁盘剩 {disk.free >> 20} MB，共 {disk.total >> 20} MB")


def _secret(patient: Patient) -> Found:
    if patient.secret is None:
        return Found(False, "没有密钥：没有 SECRET_KEY，数据目录里也没有 secret.key")
    if patient.key_file is None:
        return Found(len(patient.secret) >= 32, f"密钥在 SECRET_KEY 里，{len(patient.secret)} 个字符")
    mode = patient.key_file.stat().st_mode & 0o777
    return Found(mode & 0o077 == 0, f"密钥在 {patient.key_file}，权限 {mode:04o}")


def _backup(patient: Patient) -> Found:
    last = last_backup(patient.data_dir)
    if last is None:
        return Found(False, "没有记录到任何备份：请用 python -m app backup")
    age = patient.read_clock() - last.taken_at
    hours = int(age.total_seconds()) // 3600
    plain = "" if last.encrypted else "，没有加密"
    return Found(age <= OLDEST_BACKUP, f"上次备份在 {hours} 小时前：{last.file}{plain}")


def _clock(session: Session, patient: Patient) -> Found:
    newest = session.connection().execute(sa.select(sa.func.max(VOTE.c.head_time))).scalar_one()
    before = patient.read_clock()
    theirs = database_clock(session) if not patient.database.is_sqlite else before
    off = theirs - before
    if newest is not None and newest > before + DRIFT:
        return Found(False, "有表决事件的时间在将来：这台机器的时钟慢了，或者曾经快过")
    return Found(abs(off) <= DRIFT, f"本机和数据库的时钟相差 {abs(off.total_seconds()):.1f} 秒")


def _role(session: Session) -> Iterator[Found]:
    """PostgreSQL asks the policies of the tables for nobody who stands above them."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        name, is_above = connection.execute(_ROLE).one()
        why = "是超级用户或有 BYPASSRLS，数据库不替它把各小区的数据隔开：请换成普通用户，见 docs/operating.md"
        yield Found(not is_above, f"数据库用户 {name} {why if is_above else '受各小区数据隔离的约束'}")


def _restored(session: Session) -> Found:
    count = len(restorations.waiting(session))
    if count:
        return Found(False, "从备份恢复以后还没有人确认，现在不接受投票：请看 python -m app restored")
    return Found(True, "没有等待确认的恢复")


def _chains(session: Session, secret: bytes | None) -> Iterator[Found]:
    broken = 0
    votes = list(heads_of(session))
    for vote_id, seq, _ in votes:
        try:
            if secret is not None:
                checkpoints.make_checkpoint(session, vote_id=vote_id, secret=secret)
            else:
                checkpoints.read_events(session, vote_id=vote_id, size=seq)
        except checkpoints.BrokenChain as fault:
            broken += 1
            yield Found(False, f"表决 {vote_id}：{fault}")
    if not broken:
        yield Found(True, f"{len(votes)} 次表决的事件链都完整")


def _late(session: Session, now: datetime) -> Found:
    late = len(checkpoints.due_votes(session, now=now - LATE))
    return Found(not late, f"{late} 次表决的存证点到时没有做：后台任务可能停了" if late else "存证点没有迟的")


def _outbox(session: Session, now: datetime) -> Found:
    backlog = count_backlog(session)
    is_slow = backlog.first_due_at is not None and now - backlog.first_due_at > SLOW
    said = f"短信：{backlog.waiting} 条在等，{backlog.failed} 条没有发成"
    return Found(not backlog.failed and not is_slow, said + ("，等了十分钟以上" if is_slow else ""))
