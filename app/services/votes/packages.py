"""Votes: the evidence package, a signed zip that can be checked without us; masked for members, full for inspectors.

What the files hold and what each check rests on stands in `docs/evidence.md`; `rules/votes/verification` reads them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotFound
from app.models.base import table_of
from app.models.estates import Estate
from app.models.files import StoredFile
from app.models.votes import BallotSecret, EventKind, RollCorrection, RollEntry, RollVoter, Vote
from app.models.votes.paper import PaperScan, PaperSheet
from app.rules.votes import evidence, notes
from app.rules.votes.privacy import is_small, needed_only
from app.rules.votes.states import State
from app.rules.votes.verification.bundle import FORMAT, FULL, MANIFEST, MASKED, SIGNATURE, digest, pack
from app.rules.votes.verification.signatures import package_text
from app.services.votes import checkpoints, counting, packages_trail, roll
from app.services.votes.chain import BALLOTS, EVENT
from app.services.votes.drafting import get_vote, list_attachments, text_document
from app.services.votes.packages_words import readme
from app.services.votes.sealing import Keyring, keyring
from app.services.votes.signing import signer

_ENTRY, _VOTER = table_of(RollEntry), table_of(RollVoter)
_SECRET = table_of(BallotSecret)
_ENTRIES = (
    sa.select(_ENTRY)
    .where(_ENTRY.c.vote_id == sa.bindparam("vote_id"))
    .order_by(_ENTRY.c.unit_id, _ENTRY.c.revision)
)
_VOTERS = sa.select(_VOTER.c.unit_id, _VOTER.c.revision, _VOTER.c.owner_id).where(
    _VOTER.c.vote_id == sa.bindparam("vote_id")
)
_EVENTS = (
    sa.select(EVENT.c.seq, EVENT.c.kind, EVENT.c.leaf, EVENT.c.head, EVENT.c.received_at)
    .where(EVENT.c.vote_id == sa.bindparam("vote_id"))
    .order_by(EVENT.c.seq)
)
_SECRETS = sa.select(_SECRET.c.seq, _SECRET.c.sealed).where(_SECRET.c.vote_id == sa.bindparam("vote_id"))


@dataclass(frozen=True, slots=True)
class Package:
    """The file and what to call it."""

    name: str
    content: bytes


def build_package(session: Session, *, estate_id: UUID, vote_id: UUID, full: bool, secret: bytes) -> Package:
    """The package of a noticed vote; the same state of the database gives the same bytes.

    A full one holds every opened ballot, so it exists only when the count is sealed: `Conflict` (`not_sealed`), and
    (`contents_gone`) when the contents were deleted after their term.
    """
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if vote.state is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    if full and counting.sealed_result(session, vote_id) is None:
        raise Conflict(N_("计票结果封存以后才能下载完整的证据包"), code="not_sealed")
    estate = session.get_one(Estate, estate_id)
    builder = _Builder(session, vote, keyring(secret, vote_id), full=full)
    files = dict(builder.files())
    origin, key = notes.origin_of(str(vote_id)), signer(secret)
    files["README.txt"] = readme(vote.title, estate.name, key.fingerprint, full=full).encode()
    manifest = evidence.canonical(
        {
            "format": FORMAT,
            "kind": FULL if full else MASKED,
            "vote": {
                "id": str(vote_id),
                "number": vote.number,
                "estate": estate.name,
                "state": vote.state.value,
            },
            "head": {"seq": vote.head_seq, "hash": vote.head_hash},
            "key": {"name": origin, "public": key.public.hex()},
            "files": {name: digest(content) for name, content in files.items()},
        }
    )
    files[MANIFEST] = manifest
    files[SIGNATURE] = key.sign_note(package_text(str(vote_id), manifest), origin).encode()
    return Package(f"evidence-{estate.slug}-{vote.number}-{'full' if full else 'masked'}.zip", pack(files))


def _lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    return b"".join(evidence.canonical(row) + b"\n" for row in rows)


class _Builder:
    """What is read from the database once and put into several files."""

    def __init__(self, session: Session, vote: Vote, keys: Keyring, *, full: bool) -> None:
        self.session, self.vote, self.keys, self.full = session, vote, keys, full
        self.where = {"vote_id": vote.id}
        self.ask = session.connection().execute
        self.events = self.ask(_EVENTS, self.where).all()
        self.result = counting.sealed_result(session, vote.id)

    def files(self) -> Iterator[tuple[str, bytes]]:
        attachments = list_attachments(self.session, self.vote.id)
        yield "text.json", evidence.canonical(text_document(self.vote, attachments))
        yield "events.jsonl", _lines({"leaf": row.leaf, "head": row.head} for row in self.events)
        yield "checkpoints.json", evidence.canonical(self._checkpoints())
        yield "roll.json", evidence.canonical(self._roll_document())
        rows = packages_trail.rows_of(self.session, vote=self.vote, full=self.full)
        yield "trail.jsonl", "".join(rows).encode()
        if self.result is not None:
            tally: dict[str, Any] = self.result.tally
            if not self.full and is_small(int(tally["total_heads"])):
                tally = needed_only(tally)
            head = {"head_seq": self.result.head_seq, "head_hash": self.result.head_hash}
            yield "result.json", evidence.canonical({"tally": tally, **head})
        if self.full:
            yield "openings.jsonl", _lines(self._openings())
            yield from self._documents([attachment.file_id for attachment in attachments])

    def _checkpoints(self) -> list[dict[str, object]]:
        return [
            {"size": row.size, "made_at": int(row.made_at.timestamp()), "note": row.note}
            for row in checkpoints.list_checkpoints(self.session, vote_id=self.vote.id)
        ]

    def _roll_document(self) -> dict[str, object]:
        document: dict[str, object] = {"lines": self._roll(), "served": self._served()}
        # Who has it can work out every home's name in the chain of this one vote: what the full roll tells him anyway.
        return {**document, "key": self.keys.pseudonym.hex()} if self.full else document

    def _roll(self) -> list[dict[str, object]]:
        """Every line ever on the roll with the event that brought it, in an order that tells nothing."""
        arrived = self._arrivals()
        voters: defaultdict[tuple[UUID, int], list[UUID]] = defaultdict(list)
        for row in self.ask(_VOTERS, self.where):
            voters[row.unit_id, row.revision].append(row.owner_id)
        lines = []
        for entry in self.ask(_ENTRIES, self.where):
            event = arrived.get((entry.unit_id, entry.revision), 1)
            common = {"revision": entry.revision, "event": event, "struck": entry.struck}
            lines.append({**common, **self._line(entry, tuple(voters[entry.unit_id, entry.revision]))})
        return sorted(lines, key=lambda line: (str(line["home"]), str(line["revision"]).zfill(6)))

    def _line(self, entry: Any, voters: tuple[UUID, ...]) -> dict[str, object]:
        if self.full:
            line = roll.RollLine(
                unit_id=entry.unit_id,
                building=entry.building,
                entrance=entry.entrance,
                floor=entry.floor,
                room=entry.room,
                kind=entry.kind,
                status=entry.status,
                heirs_proving=entry.heirs_proving,
                area=entry.area,
                head_key=entry.head_key,
                owner_names=(),
                voter_ids=voters,
                share=entry.share,
            )
            document = roll.line_document(line)
            return {"home": self._name(entry.unit_id), "line": document, "owners": entry.owner_names}
        # Other names than in the chain: who has voted is nobody's business before the count, and after it the areas of
        # those who did, held against the area in favour, could tell how.
        weight = {"area": entry.area, "head": self._alias("head:", entry.head_key)}
        return {"home": self._alias("roll:", str(entry.unit_id)), "hash": entry.entry_hash, **weight}

    def _name(self, unit_id: UUID) -> str:
        return evidence.unit_pseudonym(self.keys.pseudonym, str(unit_id)).hex()

    def _alias(self, what: str, of: str) -> str:
        return evidence.unit_pseudonym(self.keys.pseudonym, what + of).hex()

    def _arrivals(self) -> dict[tuple[UUID, int], int]:
        """Which correction brought which line; all others came with the notice, event 1."""
        units = {
            str(row.id): row.unit_id
            for row in self.session.exec(select(RollCorrection).where(RollCorrection.vote_id == self.vote.id))
        }
        amended = (
            (row.seq, json.loads(row.leaf)["details"])
            for row in self.events
            if row.kind is EventKind.ROLL_AMEND
        )
        return {
            (unit, int(details["revision"])): seq
            for seq, details in amended
            if (unit := units.get(str(details.get("correction")))) is not None
        }

    def _served(self) -> list[str]:
        """Whose ballot was provably brought: it matters where the silent join the majority, and only to the count."""
        if not self.full or not self.vote.silent:
            return []
        return sorted(self._name(unit) for unit in counting.served_homes(self.session, self.vote))

    def _openings(self) -> Iterator[dict[str, object]]:
        sealed = {row.seq: bytes(row.sealed) for row in self.ask(_SECRETS, self.where)}
        scans = self._scans()
        for row in self.events:
            if row.kind in BALLOTS:
                if row.seq not in sealed:
                    raise Conflict(
                        N_("选票内容已过保存期并删除，不能再下载完整的证据包"), code="contents_gone"
                    )
                yield {**self._opening(row, sealed[row.seq]), "scans": scans[row.seq]}

    def _opening(self, row: Any, sealed: bytes) -> dict[str, object]:
        try:
            plain = self.keys.unseal(sealed, self.vote.id.bytes + row.seq.to_bytes(8, "big"))
        except InvalidTag:
            raise Conflict(
                N_("第 %(seq)s 号选票打不开，封存的内容被改过。请保留现场并联系系统维护人员"),
                code="sealed_altered",
                seq=row.seq,
            ) from None
        return {
            "seq": row.seq,
            "nonce": plain[: evidence.NONCE_BYTES].hex(),
            "ballot": json.loads(plain[evidence.NONCE_BYTES :]),
            "received_at": row.received_at.astimezone(UTC).isoformat(timespec="microseconds"),
        }

    def _scans(self) -> defaultdict[int, list[str]]:
        """The hashes of the scans of each paper ballot."""
        query = (
            select(PaperSheet.seq, PaperScan.sha256)
            .join(PaperScan, col(PaperScan.sheet_id) == PaperSheet.id)
            .where(PaperSheet.vote_id == self.vote.id, col(PaperSheet.seq).is_not(None))
            .order_by(col(PaperScan.sha256))
        )
        scans: defaultdict[int, list[str]] = defaultdict(list)
        for seq, sha256 in self.session.exec(query):
            scans[int(seq or 0)].append(sha256)
        return scans

    def _documents(self, file_ids: list[UUID]) -> Iterator[tuple[str, bytes]]:
        for file_id in file_ids:
            file = self.session.get_one(StoredFile, file_id)
            yield f"files/{file.sha256}{PurePosixPath(file.name).suffix}", bytes(file.content)
