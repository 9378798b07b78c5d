"""`backup-key`: print a new pair of keys for backups, once; nothing of it is kept on this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.services.backups.container import new_key


def run(argv: Sequence[str]) -> int:
    if argv:
        print("用法：backup-key（没有参数）", file=sys.stderr)
        return 2
    public, private = new_key()
    print(
        f"""公钥，写进 .env：
BACKUP_RECIPIENT={public}

私钥，只显示这一次，丢了就打不开备份。抄到或存到服务器以外的地方（另一台电脑、U 盘、保险柜里的纸），
不要存在这台机器上，也不要和 secret.key 放在一起：
{private}"""
    )
    return 0
