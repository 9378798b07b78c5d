"""An evidence package after any change of anything in it, by an outsider or by the holder of the key: refused, and said where."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.cli.verify import run
from app.rules.trail import written
from app.rules.votes import evidence, notes
from app.rules.votes.verification.bundle import UnreadableError, open_bundle, pack, unpack
from app.services.votes.signing import signer
from tests.fixtures.evidence import Kept, failed, findings_of, resealed

# Each test runs for the masked and for the full package.
RUNS = 500 if os.environ.get("CAMPAIGN") else 75
# Bound by the manifest's signature alone: nothing else in the package says the same thing a second time.
ONLY_SIGNED = {"README.txt", "owners", "scans", "received_at", "made_at", "number", "estate"}


@pytest.fixture
def databases(sqlite_databases):
    """What is altered is a file; which database it came from makes no difference to it."""
    return sqlite_databases


# What may be altered: a place in a file as a path of keys, and the value there.
Place = tuple[Any, ...]


def leaves_of(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves_of(inner, (*path, key))
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from leaves_of(inner, (*path, at))
    else:
        yield path, value


def other_than(value: Any, chance: random.Random) -> Any:
    """A value of the same sort that says something else."""
    match value:
        case bool():
            return not value
        case int():
            return value + chance.choice([-1, 1, 60, 1_000])
        case str() if value and value.startswith("{"):
            inner = json.loads(value)
            place, old = chance.choice(list(leaves_of(inner)))
            return evidence.canonical(put(inner, place, other_than(old, chance))).decode()
        case str() if value:
            at = chance.randrange(len(value))
            new = chance.choice([sign for sign in "0123456789abcdefXYZ甲" if sign != value[at]])
            return value[:at] + new + value[at + 1 :]
        case _:
            return "x"


def put(value: Any, path: Place, new: Any) -> Any:
    if not path:
        return new
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = new
    return value


def altered(files: dict[str, bytes], chance: random.Random) -> tuple[str, Place, dict[str, bytes]]:
    """One field of one file, somewhere in the package, changed; every file is as likely as another."""
    name = chance.choice(sorted(files))
    content = files[name]
    if name.endswith(".json"):
        value = json.loads(content)
        path, old = chance.choice(list(leaves_of(value)))
        new = evidence.canonical(put(value, path, other_than(old, chance)))
    elif name.endswith(".jsonl"):
        lines = content.decode().splitlines()
        at = chance.randrange(len(lines))
        value = json.loads(lines[at])
        path, old = chance.choice(list(leaves_of(value)))
        put(value, path, other_than(old, chance))
        lines[at] = written(value) if name == "trail.jsonl" else evidence.canonical(value).decode()
        new = "".join(line + "\n" for line in lines).encode()
    else:
        text = content.decode("latin-1")
        path, new = (), other_than(text.replace("{", "("), chance).encode("latin-1", "replace")
    return name, path, {**files, name: new}


@pytest.mark.parametrize("full", [True, False])
def test_any_alteration_of_a_single_field_is_found(closed: Kept, full: bool) -> None:
    files, chance = unpack(closed.package(full=full)), random.Random(5)
    for _ in range(RUNS):
        name, path, changed = altered(files, chance)
        assert changed[name] != files[name]
        try:
            assert failed(pack(changed)), (name, path)
        except UnreadableError:
            assert name == "manifest.json"


@pytest.mark.parametrize("full", [True, False])
def test_what_an_insider_alters_and_signs_anew_is_found_wherever_it_is_said_twice(
    closed: Kept, secret: bytes, full: bool
) -> None:
    files, chance, found = unpack(closed.package(full=full)), random.Random(7), 0
    while found < RUNS:
        name, path, changed = altered(files, chance)
        if ONLY_SIGNED & {name, *path} or name in {"manifest.note", "manifest.json"}:
            continue
        if not full and name in {"roll.json", "trail.jsonl", "result.json"}:
            continue  # held against the contents, which are in the full package
        assert failed(resealed(changed, secret)), (name, path, files[name], changed[name])
        found += 1


def test_a_key_of_ones_own_is_found_by_the_fingerprint(closed: Kept) -> None:
    content = resealed(unpack(closed.package(full=True)), b"somebody else's secret, forty bytes long..")
    assert failed(content) == ["存证点"]
    files = unpack(closed.package(full=True))
    files["checkpoints.json"] = b"[]"
    content = resealed(files, b"somebody else's secret, forty bytes long..")
    assert failed(content) == []
    assert failed(content, fingerprint=signer(closed.secret).fingerprint) == ["密钥"]
    assert failed(closed.package(full=True), fingerprint=signer(closed.secret).fingerprint) == []


def test_a_ballot_taken_out_or_the_whole_end_is_found(closed: Kept, secret: bytes) -> None:
    files = unpack(closed.package(full=True))
    lines = files["events.jsonl"].splitlines(keepends=True)
    without = {**files, "events.jsonl": b"".join(lines[:5] + lines[6:])}
    found = findings_of(resealed(without, secret))["事件链"]
    assert (found.said, found.sentence) == ("不符", "第 6 号事件的编号不连续")
    assert "事件链" in failed(resealed({**files, "events.jsonl": b"".join(lines[:-1])}, secret))


Leaves = list[dict[str, Any]]


def another_ballot(leaves: Leaves) -> None:
    leaves[5]["commitment"] = "ab" * 32


def rewritten(
    files: dict[str, bytes], secret: bytes, change: Callable[[Leaves], None] = another_ballot
) -> bytes:
    """The whole chain forged anew by the key's holder after a change, every number and every hash right again."""
    previous, lines = evidence.FIRST_HEAD, []
    leaves = [json.loads(json.loads(line)["leaf"]) for line in files["events.jsonl"].splitlines()]
    change(leaves)
    closed = b""
    for seq, leaf in enumerate(leaves, start=1):
        leaf.update(seq=seq, previous=previous.hex())
        exact = evidence.canonical(leaf)
        previous = evidence.chain_head(previous, evidence.leaf_hash(exact))
        lines.append(evidence.canonical({"leaf": exact.decode(), "head": previous.hex()}) + b"\n")
        closed = previous if leaf["kind"] == "close" else closed
    manifest, result = json.loads(files["manifest.json"]), json.loads(files["result.json"])
    manifest["head"] = {"seq": len(lines), "hash": previous.hex()}
    result.update(head_hash=closed.hex(), head_seq=[leaf["kind"] for leaf in leaves].index("close") + 1)
    changed = {
        "events.jsonl": b"".join(lines),
        "manifest.json": evidence.canonical(manifest),
        "result.json": evidence.canonical(result),
        "checkpoints.json": b"[]",
    }
    return resealed({**files, **changed}, secret)


def moved(kind: str, place: int) -> Callable[[Leaves], None]:
    """The first event of a kind put somewhere else."""

    def change(leaves: Leaves) -> None:
        found = next(leaf for leaf in leaves if leaf["kind"] == kind)
        leaves.remove(found)
        leaves.insert(place if place >= 0 else len(leaves), found)
        for leaf in leaves:
            leaf["recorded_at"] = max(leaf["recorded_at"], leaves[0]["recorded_at"])
        for before, leaf in pairwise(leaves):
            leaf["recorded_at"] = max(before["recorded_at"], leaf["recorded_at"])

    return change


def said(place: int, **values: Any) -> Callable[[Leaves], None]:
    return lambda leaves: leaves[place].update(values)


# Events 1 notice, 2 correction, 3 opening, 4 and 6 phone of 301, 5 phone and 7 sheet and 8 kept sheet of 302, 9 and 10 sheets,
# 11 an agent's ballot, 12 closing.
FORGERIES: dict[str, tuple[Callable[[Leaves], None], str, str]] = {
    "a ballot after the closing": (moved("cast", -1), "表决过程", "第 12 号事件（cast）不能出现在这里"),
    "a ballot before the opening": (moved("cast", 2), "表决过程", "第 3 号事件（cast）不能出现在这里"),
    "a correction after the opening": (
        moved("roll_amend", 3),
        "表决过程",
        "第 4 号事件（roll_amend）不能出现在这里",
    ),
    "a closing before its time": (
        lambda leaves: leaves[11].update(recorded_at=leaves[10]["recorded_at"]),
        "表决过程",
        "第 12 号事件（截止）早于截止时间",
    ),
    "an opening with another window": (
        lambda leaves: leaves[2]["details"].update(closes_at=leaves[2]["details"]["closes_at"] + 60),
        "表决过程",
        "第 3 号事件（开始投票）和公告的时间不符",
    ),
    "a ballot without a home": (said(4, unit=""), "表决过程", "第 5 号事件的内容和类别不符"),
    "a kind nobody knows": (said(4, kind="vote"), "事件链", "第 5 号事件的内容写法不对"),
    "another vote's event": (said(4, vote="x"), "事件链", "第 5 号事件不属于这次表决"),
    "a time that runs back": (said(6, recorded_at=1), "事件链", "第 7 号事件的时间早于前一号"),
    "a second ballot that says it is the first": (
        said(5, revision=1),
        "每户的票",
        "第 6 号事件（投票）的次序不对：同一户的票缺了或重了",
    ),
    "a kept sheet that counts": (
        said(7, kind="cast", revision=3),
        "每户的票",
        "第 8 号事件（投票）是不是算数，和这次表决的规则不符",
    ),
    "a telephone after a sheet": (
        lambda leaves: (leaves[6].update(channel="phone"), leaves[4].update(channel="paper")),
        "每户的票",
        "第 7 号事件（投票）是不是算数，和这次表决的规则不符",
    ),
    "a way nobody knows": (said(4, channel="none"), "每户的票", "第 5 号事件（投票）的方式不对"),
    "a closing with another number": (
        said(11, details={"ballots": 6}),
        "每户的票",
        "第 12 号事件（截止）记录的票数和事件不符",
    ),
    "a home that is not on the roll": (
        said(8, unit="ab" * 16),
        "每户的票",
        "第 9 号事件（投票）的房屋不在名册上",
    ),
    "another text": (
        lambda leaves: leaves[0]["details"].update(text="ab" * 32),
        "公告内容",
        "议案、规则或附件清单和公告时的指纹不符",
    ),
    "another roll": (
        lambda leaves: leaves[0]["details"].update(roll="ab" * 32),
        "名册",
        "第 1 号事件记录的名册指纹和名册不符：有人被加进、去掉或改了面积",
    ),
    "another content": (another_ballot, "选票内容", "第 6 号事件的选票内容和密封值不符：内容被换过"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_chain_forged_with_every_hash_right_is_found_by_what_it_says(
    closed: Kept, secret: bytes, what: str
) -> None:
    change, check, sentence = FORGERIES[what]
    finding = findings_of(rewritten(unpack(closed.package(full=True)), secret, change))[check]
    assert (finding.said, finding.sentence) == ("不符", sentence)


def test_a_history_written_anew_is_found_by_a_checkpoint_and_a_receipt_kept_outside(
    closed: Kept, secret: bytes
) -> None:
    files = unpack(closed.package(full=False))
    note = json.loads(files["checkpoints.json"])[2]["note"]
    code = closed.receipts["402"][0].code
    forged = rewritten(files, secret)
    assert failed(forged) == []  # so much a signature alone can show
    assert failed(forged, notes=[note], receipts=[code]) == ["您的存证点", "您的回执"]
    assert failed(closed.package(full=False), notes=[note], receipts=[code]) == []


def test_another_votes_checkpoint_is_refused(closed: Kept, crowd_vote, secret: bytes) -> None:
    other, _ = crowd_vote(3)
    note = json.loads(unpack(other.package(full=False))["checkpoints.json"])[0]["note"]
    assert (
        findings_of(closed.package(full=True), notes=[note])["您的存证点"].sentence == "存证点是另一次表决的"
    )
    files = unpack(closed.package(full=True))
    rows = json.loads(files["checkpoints.json"])
    rows[0]["note"] = note
    files["checkpoints.json"] = evidence.canonical(rows)
    assert findings_of(resealed(files, secret))["存证点"].sentence == "存证点是另一次表决的"


def test_a_checkpoint_of_more_events_than_there_are_is_not_believed_for_its_signature(
    closed: Kept, secret: bytes
) -> None:
    origin = notes.origin_of(str(closed.id))
    text = notes.checkpoint_text(notes.Head(origin, 99, bytes(32)))
    note = signer(secret).sign_note(text, origin)
    assert "后来少了" in findings_of(closed.package(full=True), notes=[note])["您的存证点"].sentence


def test_a_forged_receipt_is_refused(closed: Kept) -> None:
    forged = evidence.receipt_code(evidence.leaf_hash(b"backdated"))
    for code in (forged, "AAAA-BBBB"):
        assert failed(closed.package(full=False), receipts=[code]) == ["您的回执"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no zip", pack({"a.txt": b"a"}), pack({"manifest.json": b"{}"})]
)
def test_a_file_that_is_no_package_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        open_bundle(content)


def test_a_zip_damaged_anywhere_never_passes(closed: Kept) -> None:
    content, chance = closed.package(full=True), random.Random(3)
    for _ in range(40):
        at = chance.randrange(len(content))
        damaged = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
        try:
            files = unpack(damaged)
        except UnreadableError:
            continue
        assert files == unpack(content) or failed(damaged)


def test_the_command_says_in_sentences_what_holds(closed: Kept, tmp_path, capsys) -> None:
    path, kept = tmp_path / "证据.zip", tmp_path / "存证点.txt"
    files = unpack(closed.package(full=True))
    path.write_bytes(pack(files))
    kept.write_text(json.loads(files["checkpoints.json"])[1]["note"])
    key = signer(closed.secret).fingerprint
    code = closed.receipts["301"][1].code
    assert run([str(path), "--key", key, "--checkpoint", str(kept), "--receipt", code]) == 0
    said = capsys.readouterr().out
    assert "未核］附件" not in said
    assert "［相符］您的存证点：您保存的 1 个存证点都对得上。" in said
    assert said.endswith("结论：没有发现不符。\n")
    result = json.loads(files["result.json"])
    result["tally"]["for_heads"] += 1
    path.write_bytes(pack({**files, "result.json": evidence.canonical(result)}))
    assert run([str(path)]) == 1
    said = capsys.readouterr().out
    assert "［不符］计票：用选票重新计票，和公布的数字不一样。" in said
    path.write_bytes(b"something else")
    assert run([str(path)]) == 2
    assert run([str(tmp_path / "absent.zip")]) == 2
    assert "读不了" in capsys.readouterr().err


def test_the_command_needs_no_database_no_settings_and_no_network(closed: Kept, tmp_path) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(closed.package(full=True))
    modules = "import sys; from app.cli.verify import run; code = run(sys.argv[1:]); print(sorted(sys.modules)); sys.exit(code)"
    ran = subprocess.run(
        [sys.executable, "-c", modules, str(path)],
        cwd=Path(__file__).parents[3],
        env={"PATH": "", "PYTHONIOENCODING": "utf-8", "DATABASE_URL": "nonsense://"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for module in ("sqlalchemy", "app.database", "app.config", "app.models", "httpx", "'socket'"):
        assert module not in ran.stdout
