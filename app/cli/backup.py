"""`backup FILE`: copy the whole database into one encrypted file while everybody goes on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.services.backups.container import BackupError, recipients_of
from app.services.backups.taking import Last, Taken, remember, take_backup
from app.services.votes.signing import signer

FAILED = 1


def run(argv: Sequence[str]) -> int:
    """0 when the file is whole, 1 when there is none, 2 for a call that cannot be read."""
    asked = _arguments().parse_args(argv)
    settings, target = Settings(), Path(asked.file).resolve()
    try:
        taken = _take(settings, target, plain=asked.plain)
    except BackupError as failed:
        print(f"没有备份：{failed}", file=sys.stderr)
        return FAILED
    except (OSError, SQLAlchemyError) as failed:
        print(f"没有备份：{type(failed).__name__} {failed}", file=sys.stderr)
        return FAILED
    how = "没有加密" if asked.plain else "已加密"
    print(
        f"已备份到 {target}（{taken.size / 1e6:.1f} MB，{how}）："
        f"{taken.manifest.counts['estates']} 个小区，{taken.manifest.counts['votes']} 次表决，"
        f"{taken.manifest.counts['events']} 个表决事件"
    )
    return 0


def _take(settings: Settings, target: Path, *, plain: bool) -> Taken:
    recipients = [] if plain else recipients_of(settings.backup_recipient)
    if not recipients and not plain:
        raise BackupError(
            "没有 BACKUP_RECIPIENT：请先用 python -m app backup-key 生成一对密钥，把公钥写进 .env；"
            "确实要不加密的备份，加上 --plain"
        )
    secret, now = settings.present_secret(), utc_now()
    database = Database(settings.resolved_database_url())
    try:
        taken = take_backup(
            database,
            target=target,
            recipients=recipients,
            signer=signer(secret).fingerprint if secret else "",
            now=now,
        )
    finally:
        database.close()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    remember(settings.data_dir, Last(now, str(target), encrypted=not plain))
    return taken


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app backup", description="把整个数据库备份到一个加密的文件，不用停服务。"
    )
    parser.add_argument("file", metavar="文件")
    parser.add_argument("--plain", action="store_true", help="不加密；文件里有姓名、电话和证件照片")
    return parser
