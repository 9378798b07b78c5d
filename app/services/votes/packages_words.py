"""Votes: the page of instructions inside an evidence package, for somebody who has only the file."""

from __future__ import annotations

_README = """好商量 表决证据包（{kind}）

小区：{estate}
表决：{title}
签名密钥的指纹：{fingerprint}
请把指纹和楼道公告、网页“证据”页上的比对。指纹不同，这个包就不是这个小区出的。

一、怎样核对
  在装有好商量程序的电脑上运行（不需要数据库，不需要联网）：

      python -m app verify 这个文件.zip --key {fingerprint}

  逐项写“相符”“不符”或“未核”，最后一行是结论。退出码 0 是没有不符，1 是有不符，2 是文件读不了。
  手里有以前保存的存证点（网页上抄下的几行字），加上 --checkpoint 文件；
  手里有回执码，加上 --receipt 回执码。
  不用我们的程序也能核对：每个文件的写法和算法写在项目的 docs/evidence.md。

二、里面有什么
  manifest.json     文件清单和每个文件的 SHA-256；manifest.note 是对清单的签名
  text.json         公告时固定的全部内容：议案、范围、规则、费用、时间、附件的指纹
  roll.json         表决名册每一行的{roll}
  events.jsonl      每个事件的原文和链值：公告、更正、开始、每一次投票、截止
  checkpoints.json  存证点：某一刻全部事件的总指纹，有签名
  result.json       封存的计票结果（截止以后才有）
  trail.jsonl       工作人员对这次表决的操作记录，前后相连
{more}
三、不能证明什么
  签名说明包是谁出的，不说明是什么时候出的：持有服务器的人可以重写全部内容再签名。
  能发现这种重写的，是您自己保存的存证点和回执码。请在投票期间就抄下存证点。
  包不能证明投票的人是不是本人；这要靠投票时发给全体业主的通知和名册公示。
{privacy}"""

_FULL_MORE = """  openings.jsonl    每张票的内容和密封值的原料
  files/            公告的附件原件
"""
_FULL_PRIVACY = """
四、个人信息
  完整包里有房号、姓名和每户的选择，只给监督人员和工作人员核对用。
  不要转发，用完请删除。下载的人、时间和理由已经公开记录。
"""
_MASKED_PRIVACY = """
四、个人信息
  脱敏包里没有姓名、房号和任何一户的选择。逐票重新计票要由监督人员用完整包做。
"""


def readme(title: str, estate: str, fingerprint: str, *, full: bool) -> str:
    """Plain text in Chinese: what the files are, how to check them, and what cannot be shown."""
    return _README.format(
        kind="完整" if full else "脱敏",
        title=title,
        estate=estate,
        fingerprint=fingerprint,
        roll="全部内容" if full else "指纹",
        more=_FULL_MORE if full else "",
        privacy=_FULL_PRIVACY if full else _MASKED_PRIVACY,
    )
