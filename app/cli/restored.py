"""`restored`: what was restored and waits for a person; `check` holds kept checkpoints against it, `accept` lets votes go on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.cli.restore import LOOK_THROUGH, is_doubtful, lines_of, read_notes
from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import Refusal
from app.models.base import NO_ID
from app.rules.calendar import BEIJING
from app.services.trail import Actor
from app.services.votes import restorations, witnessed

DOUBT, UNREADABLE = 1, 2
_ENDED = "恢复时已让所有设备退出登录，备份里的验证码、登录码全部作废，记住的浏览器也不再算数；很久没有登录的人要填房屋和姓名"


def run(argv: Sequence[str]) -> int:
    """0 when nothing waits and every checkpoint fits, 1 when something does, 2 when a call or file cannot be read."""
    asked = _arguments().parse_args(argv)
    settings = Settings()
    database = Database(settings.resolved_database_url())
    try:
        with database.transaction() as session:
            if asked.deed == "accept":
                return _accept(session, asked.reason)
            if asked.deed == "check":
                return _check(session, read_notes(asked.checkpoint), settings.present_secret())
            return _show(session)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return DOUBT
    except (OSError, UnicodeDecodeError) as fault:
        print(f"读不了：{fault}", file=sys.stderr)
        return UNREADABLE
    finally:
        database.close()


def _show(session: Session) -> int:
    rows = restorations.waiting(session)
    for row in rows:
        print(f"{_moment(row.restored_at)} 恢复了 {_moment(row.taken_at)} 的备份，还没有确认，现在不接受投票")
    print("\n".join([_ENDED, LOOK_THROUGH]) if rows else "没有等待确认的恢复")
    return DOUBT if rows else 0


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _check(session: Session, notes: Sequence[tuple[str, str]], secret: bytes | None) -> int:
    witnesses = witnessed.compare(session, written=notes, secret=secret)
    restorations.note_witnessed(session, sizes=witnessed.missing_sizes(witnesses))
    print("\n".join(lines_of(witnesses)))
    return DOUBT if is_doubtful(witnesses) else 0


def _accept(session: Session, reason: str) -> int:
    count = restorations.accept(session, actor=Actor(NO_ID, "命令行"), reason=reason, now=utc_now())
    print(f"已确认，恢复投票；{count} 次进行中的表决在页面和事件链里写明了这件事")
    print(LOOK_THROUGH)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app restored", description="从备份恢复以后要做的事。")
    deeds = parser.add_subparsers(dest="deed")
    check = deeds.add_parser("check", help="核对别处保存的存证点")
    check.add_argument("--checkpoint", action="append", required=True, metavar="文件")
    accept = deeds.add_parser("accept", help="已经告知业主，恢复投票")
    accept.add_argument("--reason", required=True, help="怎样告知了业主，业主会看到")
    return parser
