"""Who vouches for the package: its manifest, the key, the checkpoints in it, and what the checker kept himself."""

from __future__ import annotations

from app.errors import Invalid
from app.rules.votes import notes
from app.rules.votes.evidence import merkle_root, parse_receipt, receipt_code
from app.rules.votes.log import BALLOTS
from app.rules.votes.merkle import roots_at
from app.rules.votes.verification.bundle import (
    FULL,
    MANIFEST,
    MASKED,
    SIGNATURE,
    WrongError,
    digest,
    exact_json,
)
from app.rules.votes.verification.case import Case, LaterError

_NEEDED = {"README.txt", "text.json", "roll.json", "events.jsonl", "checkpoints.json", "trail.jsonl"}
_MANIFEST = {"format", "kind", "vote", "head", "key", "files"}


def package_text(vote_id: str, manifest: bytes) -> str:
    """What the key signs of a package; its first line tells it from a checkpoint."""
    return f"haoshangliang/package/{vote_id}\nsha256 {digest(manifest)}\n"


def check_files(case: Case) -> str:
    """Every file is the one in the manifest, none is absent, none was added."""
    files, manifest = case.bundle.files, case.bundle.manifest
    exact_json(files[MANIFEST], MANIFEST)
    if manifest.keys() != _MANIFEST or manifest["kind"] not in {FULL, MASKED}:
        raise WrongError("清单的写法不对")
    listed = manifest["files"]
    found = {name: digest(content) for name, content in files.items() if name not in {MANIFEST, SIGNATURE}}
    for name in sorted(listed.keys() | found.keys()):
        if listed.get(name) != found.get(name):
            raise WrongError(f"{name} 和清单里的指纹不符，或者是多出、缺少的文件")
    absent = (_NEEDED | ({"openings.jsonl"} if case.is_full else set())) - found.keys()
    if absent:
        raise WrongError(f"缺少文件 {'、'.join(sorted(absent))}")
    return f"{len(found)} 个文件都和清单一致"


def check_signature(case: Case) -> str:
    """The manifest is signed by the key it names."""
    note = _read_note(case.bundle.files.get(SIGNATURE, b"").decode())
    if note.text != package_text(case.bundle.vote_id, case.bundle.files[MANIFEST]):
        raise WrongError("签名不是给这份清单的")
    if case.bundle.manifest["key"]["name"] != case.origin or not _signed(case, note):
        raise WrongError("签名不对，清单或签名被改过")
    return "清单由包里写明的密钥签名"


def check_key(case: Case) -> str:
    """The key is the one the checker knows from elsewhere."""
    own = notes.fingerprint(case.public)
    if not case.brought.fingerprint:
        raise LaterError(
            f"密钥指纹是 {own}。包本身不能证明这把密钥是谁的：请和公告、张贴的纸或网页上的指纹比对，"
            "或者加上 --key 指纹 再核对一次"
        )
    if not notes.same_fingerprint(case.brought.fingerprint, case.public):
        raise WrongError(f"包里的密钥指纹是 {own}，不是您给的那一个")
    return "密钥就是您给的那一把"


def check_checkpoints(case: Case) -> str:
    """Every checkpoint is signed, is of this vote, and is the root of what stands in the log up to there."""
    rows = case.bundle.read("checkpoints.json")
    leaves = [event.leaf_hash for event in case.events]
    sizes = [row["size"] for row in rows]
    if sizes != sorted(set(sizes)):
        raise WrongError("存证点的顺序不对")
    roots, before = roots_at(leaves, sizes), 0
    for row in rows:
        head = _ensure_ours(case, row["note"])
        if row.keys() != {"size", "made_at", "note"} or head.size != row["size"]:
            raise WrongError(f"第 {row['size']} 号存证点的写法不对")
        if roots.get(head.size) != head.root:
            raise WrongError(f"第 {head.size} 号存证点和事件对不上：它之前的事件被改过、少了或换过")
        if type(row["made_at"]) is not int or row["made_at"] < max(
            before, case.events[head.size - 1].recorded_at
        ):
            raise WrongError(f"第 {head.size} 号存证点的时间不对")
        before = row["made_at"]
    if not rows:
        raise LaterError("包里还没有存证点")
    left = len(leaves) - sizes[-1]
    tail = f"，之后还有 {left} 个事件等下一个存证点" if left else "，盖住了全部事件"
    return f"{len(rows)} 个存证点签名都对，每一个都是后一个的开头{tail}"


def check_brought_notes(case: Case) -> str:
    """Checkpoints that somebody else kept fit into this log: nothing before them was changed since."""
    if not case.brought.notes:
        raise LaterError(
            "没有给出您自己保存的存证点。用 --checkpoint 文件 可以核对它，这是防止整本重写的办法"
        )
    leaves = [event.leaf_hash for event in case.events]
    for written in case.brought.notes:
        head = _ensure_ours(case, written)
        if head.size > len(leaves):
            raise WrongError(f"您保存的存证点有 {head.size} 个事件，包里只有 {len(leaves)} 个：后来少了")
        if merkle_root(leaves[: head.size]) != head.root:
            raise WrongError(f"您保存的存证点（{head.size} 个事件）和包里的对不上：之后被改写过")
    return f"您保存的 {len(case.brought.notes)} 个存证点都对得上"


def check_receipts(case: Case) -> str:
    """Receipts that somebody holds are of ballots in this log."""
    if not case.brought.receipts:
        raise LaterError("没有给出回执码。用 --receipt 回执码 可以核对您的票在不在里面")
    known = {receipt_code(event.leaf_hash): event for event in case.events if event.kind in BALLOTS}
    found = []
    for typed in case.brought.receipts:
        try:
            code = parse_receipt(typed)
        except Invalid:
            raise WrongError(f"“{typed[:40]}”不是回执码，请核对") from None
        if code not in known:
            raise WrongError(f"回执码 {code} 不在这次表决里")
        event = known[code]
        kept = case.current.get(event.unit) == event
        found.append(f"{code} 是第 {event.seq} 号{'，有效' if kept else '，后来被替代或留存未计'}")
    return "；".join(found)


def check_tree(case: Case) -> str:
    """The number of events and the last head are those the manifest names."""
    head, last = case.bundle.manifest["head"], case.events[-1]
    if (head["seq"], head["hash"]) != (last.seq, last.head.hex()):
        raise WrongError("末尾的链值和清单里的不符")
    return f"{last.seq} 个事件一个接一个，没有断开；末尾是 {last.head.hex()[:16]}"


def _read_note(written: str) -> notes.Note:
    try:
        return notes.read_note(written)
    except ValueError:
        raise WrongError("签名的写法不对") from None


def _signed(case: Case, note: notes.Note) -> bool:
    return notes.is_signed_by(note, case.origin, case.public, case.check)


def _ensure_ours(case: Case, written: str) -> notes.Head:
    """A checkpoint of this vote, signed by the package's key."""
    note = _read_note(written)
    try:
        head = notes.read_checkpoint(note.text)
    except ValueError:
        raise WrongError("存证点的写法不对") from None
    if head.origin != case.origin:
        raise WrongError("存证点是另一次表决的")
    if not _signed(case, note):
        raise WrongError(f"第 {head.size} 号存证点的签名不对")
    return head
