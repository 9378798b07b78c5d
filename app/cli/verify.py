"""`verify PACKAGE`: check a vote's evidence package from nothing but the file, and say in sentences what holds."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from app.rules.votes.verification.bundle import UnreadableError, open_bundle
from app.rules.votes.verification.case import Brought
from app.rules.votes.verification.report import Finding, Said, holds, verify
from app.services.votes.signing import check_signature

FAILS, UNREADABLE = 1, 2


def run(argv: Sequence[str]) -> int:
    """0 when nothing fails, 1 when something does, 2 when the file cannot be read."""
    # A terminal set to another encoding must not stop the check.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    asked = _arguments().parse_args(argv)
    try:
        bundle = open_bundle(Path(asked.package).read_bytes())
        kept = tuple(Path(path).read_text(encoding="utf-8") for path in asked.checkpoint)
    except UnreadableError as fault:
        print(f"读不了这个文件：{fault}。", file=sys.stderr)
        return UNREADABLE
    except (OSError, UnicodeDecodeError):
        print("读不了：文件不存在、没有权限，或者不是文字文件。请检查文件名。", file=sys.stderr)
        return UNREADABLE
    findings = verify(bundle, check_signature, Brought(asked.key, kept, tuple(asked.receipt)))
    vote = bundle.manifest["vote"]
    kind = "完整包" if bundle.is_full else "脱敏包"
    print(f"{vote.get('estate', '')} 第 {vote.get('number', '')} 号表决，{kind}\n")
    for finding in findings:
        print(f"［{finding.said}］{finding.check}：{finding.sentence}。")
    print(f"\n{_conclusion(findings, full=bundle.is_full)}")
    return 0 if holds(findings) else FAILS


def _conclusion(findings: Sequence[Finding], *, full: bool) -> str:
    failed = [finding.check for finding in findings if finding.said is Said.FAILS]
    if failed:
        return f"结论：不符。{'、'.join(failed)}对不上，这个包不能作为证据。"
    if not full:
        return "结论：没有发现不符。选票内容和计票要用完整包核对。"
    return "结论：没有发现不符。"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app verify", description="核对表决的证据包，不需要数据库，也不需要联网。"
    )
    parser.add_argument("package", metavar="证据包.zip")
    parser.add_argument("--key", default="", metavar="指纹", help="公告上的密钥指纹，包必须由它签名")
    parser.add_argument(
        "--checkpoint", action="append", default=[], metavar="文件", help="您自己保存的存证点，可以给多个"
    )
    parser.add_argument(
        "--receipt", action="append", default=[], metavar="回执码", help="您手里的回执码，可以给多个"
    )
    return parser
