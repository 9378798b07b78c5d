"""`restore FILE`: bring a backup back into an empty database, check it whole, and say what it holds and what is missing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.cli.migrate import upgrade
from app.clock import utc_now
from app.config import Settings
from app.errors import Refusal
from app.rules.calendar import BEIJING
from app.services.backups.container import BackupError, identities_of
from app.services.backups.restoring import Order, Restored, restore
from app.services.votes.witnessed import Said, Witness

FAILED, MISSING = 1, 3
_SAID = {
    Said.HOLDS: "到第 {size} 号都在，对得上",
    Said.MISSING: "缺第 {first} 号到第 {size} 号",
    Said.CONTRADICTS: "到第 {size} 号的内容和这里的对不上，记录被改写过",
    Said.NO_VOTE: "这次表决（{vote_id}）不在这里，缺第 1 号到第 {size} 号",
    Said.NOT_OURS: "不是用本站的密钥签名的",
    Said.UNREADABLE: "不是存证点",
}


def run(argv: Sequence[str]) -> int:
    """0 when restored, 3 when restored and kept checkpoints do not fit, 1 when not restored, 2 for a call that cannot be read."""
    asked = _arguments().parse_args(argv)
    settings = Settings()
    try:
        done = restore(_order(settings, asked), trial=asked.dry_run)
    except (BackupError, Refusal) as failed:
        print(f"没有恢复：{failed}", file=sys.stderr)
        return FAILED
    except (OSError, UnicodeDecodeError, SQLAlchemyError) as failed:
        print(f"没有恢复：{type(failed).__name__} {failed}", file=sys.stderr)
        return FAILED
    print("\n".join(_told(done, trial=asked.dry_run)))
    if settings.present_secret() is None:
        print(
            "注意：这台机器上还没有密钥。启动以前先放回原来的 secret.key 或 SECRET_KEY，否则会生成新的，选票打不开。"
        )
    return MISSING if is_doubtful(done.witnesses) else 0


def _order(settings: Settings, asked: argparse.Namespace) -> Order:
    identity = Path(asked.identity).read_text(encoding="utf-8") if asked.identity else ""
    return Order(
        file=Path(asked.file),
        url=settings.resolved_database_url(),
        work=settings.data_dir,
        identities=identities_of(identity),
        notes=read_notes(asked.checkpoint),
        secret=settings.present_secret(),
        now=utc_now(),
        upgrade=upgrade,
    )


def read_notes(paths: Iterable[str]) -> list[tuple[str, str]]:
    return [(path, Path(path).read_text(encoding="utf-8")) for path in paths]


def is_doubtful(witnesses: Iterable[Witness]) -> bool:
    return any(witness.said is not Said.HOLDS for witness in witnesses)


def lines_of(witnesses: Iterable[Witness]) -> list[str]:
    """A line for each kept checkpoint: what it says of the chain here."""
    return [
        f"存证点 {witness.name}："
        + (f"第 {witness.number} 号表决“{witness.title}”" if witness.title else "")
        + _SAID[witness.said].format(size=witness.size, first=witness.first, vote_id=witness.vote_id)
        for witness in witnesses
    ]


def _told(done: Restored, *, trial: bool) -> list[str]:
    said = done.manifest
    counts = said.counts
    taken = said.taken_at.astimezone(BEIJING)
    return [
        "试恢复成功，没有改动任何东西。" if trial else "已恢复。",
        f"备份时间：{taken:%Y-%m-%d %H:%M:%S}（北京时间），{said.kind} {said.server}，{said.revision}",
        f"{counts['estates']} 个小区，{counts['accounts']} 个账号，{counts['votes']} 次表决，{counts['events']} 个表决事件",
        *(
            f"{done.names[vote]}：到第 {seq} 号，{head[:16]}，事件链完整"
            for vote, (seq, head) in said.votes.items()
        ),
        *lines_of(done.witnesses),
        *(
            []
            if trial
            else [
                f"已让 {done.sessions_ended} 台设备退出登录，发过和打印过的验证码、登录码全部作废。",
                LOOK_THROUGH,
                _NEXT,
            ]
        ),
    ]


# What a backup cannot know of itself.
LOOK_THROUGH = (
    "备份以后授予和收回的身份、重置的动态口令、用过的备用码、停用的接口，这里看不出来："
    "请在每个小区的“人员身份”页逐个看一遍，系统管理员用 python -m app grant 更正；请工作人员重新生成备用码。"
)
_NEXT = "备份以后的票可能缺失，现在不接受投票。请告知业主，再运行 python -m app restored accept --reason “怎样告知的”。"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app restore", description="把备份恢复到一个空的数据库，并全部核对一遍。"
    )
    parser.add_argument("file", metavar="备份文件")
    parser.add_argument("--identity", default="", metavar="私钥文件", help="backup-key 显示过的私钥")
    parser.add_argument(
        "--checkpoint", action="append", default=[], metavar="文件", help="别处保存的存证点，可以给多个"
    )
    parser.add_argument("--dry-run", action="store_true", help="恢复到临时数据库，核对以后扔掉")
    return parser
