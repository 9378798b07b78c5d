"""Backups: taken while ballots are cast, opened by one key only, restored into an empty place, and never passed over in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.cli.migrate import upgrade
from app.database import Database
from app.errors import Conflict, Halted, Invalid
from app.models.accounts import Account, LoginSession, SignInCode
from app.models.outbox import Message
from app.models.votes import BallotChannel, Vote
from app.models.votes.restorations import Restoration
from app.rules.votes import notes
from app.rules.votes.states import Choice
from app.services.accounts.codes import send_sms_code
from app.services.accounts.desk import print_desk_code, redeem_desk_code
from app.services.accounts.guesses import CodeLimits
from app.services.backups import container, postgres
from app.services.backups.container import BackupError, DamagedError
from app.services.backups.restoring import Order, Restored, restore
from app.services.backups.taking import take_backup
from app.services.trail import Actor
from app.services.votes import restorations
from app.services.votes.checkpoints import (
    BrokenChain,
    keep_checkpoint,
    list_checkpoints,
    make_checkpoint,
    read_events,
)
from app.services.votes.restorations import accept, restores_of
from app.services.votes.signing import signer
from app.services.votes.witnessed import Said, compare
from tests.fixtures.evidence import Kept, failed, findings_of

MINUTE = timedelta(minutes=1)
REASON = "已经在楼道和业主群告知全体业主"
ACTOR = Actor(uuid4(), "运维")


@dataclass
class Place:
    """Where backups of a test go to, the keys to them, and an empty database to restore into."""

    folder: Path
    url: str
    public: str
    private: str
    secret: bytes

    def take(self, kept: Kept, name: str = "one.backup", *, plain: bool = False) -> Path:
        target = self.folder / name
        recipients = [] if plain else container.recipients_of(self.public)
        fingerprint, now = signer(self.secret).fingerprint, kept.vote.opens_at
        take_backup(kept.database, target=target, recipients=recipients, signer=fingerprint, now=now)
        return target

    def order(self, file: Path, kept: Kept, *written: str) -> Order:
        return Order(
            file=file,
            url=self.url,
            work=self.folder,
            identities=container.identities_of(f"# a key\n{self.private}\n"),
            notes=[(f"{place}.txt", note) for place, note in enumerate(written)],
            secret=self.secret,
            now=kept.vote.opens_at + 90 * MINUTE,
            upgrade=upgrade,
        )

    def restore(self, file: Path, kept: Kept, *written: str) -> tuple[Restored, Kept]:
        done = restore(self.order(file, kept, *written), trial=False)
        return done, Kept(Database(self.url), kept.vote, self.secret)

    def leftovers(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def place(databases, tmp_path: Path, secret: bytes, request, monkeypatch) -> Iterator[Place]:
    public, private = container.new_key()
    if databases.kind == "sqlite":
        yield Place(tmp_path, f"sqlite:///{tmp_path}/back/new.db", public, private, secret)
        return
    from tests.fixtures.databases import _postgres_binaries

    monkeypatch.setenv("PATH", str(_postgres_binaries()), prepend=":")
    name = f"{databases.prefix}_restored"
    databases._run(f"CREATE DATABASE {name} TEMPLATE template0")
    url = f"{databases.base}/{name}".replace("postgresql://", "postgresql+psycopg://")
    yield Place(tmp_path, url, public, private, secret)
    databases._run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def opened(crowd_vote) -> tuple[Kept, Callable[[int], None]]:
    """An open vote of eight homes, and how the home of a number casts."""
    kept, crowd = crowd_vote(8)
    kept.tick(kept.vote.opens_at)

    def cast(number: int) -> None:
        home = crowd.homes[number]
        at = kept.vote.opens_at + number * MINUTE
        kept.cast(str(number), home.unit_id, home.account_id, (Choice.FOR,), at)

    return kept, cast


def head_of(kept: Kept) -> tuple[int, str]:
    with kept.database.session(writing=False) as session:
        vote = session.get_one(Vote, kept.id)
        return vote.head_seq, vote.head_hash


def note_of(kept: Kept) -> str:
    with kept.database.session(writing=False) as session:
        made = make_checkpoint(session, vote_id=kept.id, secret=kept.secret)
        assert made is not None
        return made.note


def test_a_backup_taken_while_ballots_are_cast_restores_to_a_beginning_of_the_chain_that_verifies(
    opened, place
) -> None:
    kept, cast = opened
    started = threading.Event()

    def cast_all() -> None:
        for number in range(8):
            cast(number)
            started.set()

    caster = threading.Thread(target=cast_all)
    caster.start()
    started.wait(20)
    file = place.take(kept)
    caster.join()
    assert file.stat().st_mode & 0o777 == 0o600
    assert place.private.encode() not in file.read_bytes()
    done, back = place.restore(file, kept)
    seq, head = done.manifest.votes[str(kept.id)]
    assert head_of(back) == (seq, head)
    assert 3 <= seq <= head_of(kept)[0]
    with kept.database.session(writing=False) as session:
        assert read_events(session, vote_id=kept.id, size=seq)[-1].head.hex() == head
    assert place.leftovers() == []
    back.database.close()


@pytest.fixture
def restored(opened, place) -> Iterator[tuple[Kept, Kept, Callable[[int], None], str]]:
    """Two ballots, a backup, one ballot more that is lost, and what was restored; with a checkpoint somebody kept of all three."""
    kept, cast = opened
    cast(0)
    cast(1)
    file = place.take(kept)
    cast(2)
    note = note_of(kept)
    done, back = place.restore(file, kept, note.rstrip(), note_of(kept).replace("\n", "\r\n"), "nothing")
    assert [row.said for row in done.witnesses] == [Said.MISSING, Said.MISSING, Said.UNREADABLE]
    assert (done.witnesses[0].first, done.witnesses[0].size) == (5, 5)
    yield kept, back, cast, note
    back.database.close()


@pytest.mark.parametrize("channel", [BallotChannel.PHONE, BallotChannel.PAPER, BallotChannel.CODE])
def test_nobody_casts_in_a_restored_database_until_somebody_accepts_it(restored, channel) -> None:
    kept, back, _, _ = restored
    home = kept_home(back)
    at = kept.vote.opens_at + 95 * MINUTE

    def again() -> None:
        back.cast("x", *home, (Choice.AGAINST,), at, channel=channel)

    with pytest.raises(Halted) as refused:
        again()
    assert refused.value.code == "restored"
    before = head_of(back)
    back.tick(kept.vote.closes_at + 30 * MINUTE)
    assert head_of(back) == before
    with back.database.transaction() as session:
        assert accept(session, actor=ACTOR, reason=REASON, now=at) == 1
    again()
    assert head_of(back)[0] == before[0] + 2
    with back.database.session(writing=False) as session:
        [said] = restores_of(session, vote_id=kept.id)
    assert (said.head_seq, said.witnessed, said.accepted_at) == (4, 5, at)


def kept_home(kept: Kept) -> tuple:
    query = sa.text(
        "SELECT ownership.unit_id, owner.account_id FROM ownership JOIN owner ON owner.id = ownership.owner_id "
        "JOIN unit ON unit.id = ownership.unit_id ORDER BY unit.floor, unit.room LIMIT 1"
    ).columns(sa.column("unit_id", sa.Uuid()), sa.column("account_id", sa.Uuid()))
    with kept.database.session(writing=False) as session:
        return tuple(session.connection().execute(query).one())


def test_what_goes_on_after_a_restore_says_so_in_its_chain_and_its_package_verifies(restored) -> None:
    kept, back, _, note = restored
    with back.database.transaction() as session:
        accept(session, actor=ACTOR, reason=REASON, now=kept.vote.opens_at + 95 * MINUTE)
    own = note_of(back)
    back.close()
    package = back.package(full=True)
    assert failed(package) == []
    assert failed(package, notes=(own,)) == []
    assert len(failed(package, notes=(note,))) == 1
    assert "epoch" in {event.kind for event in events_of(back)}
    with back.database.session(writing=False) as session:
        [mine, theirs] = compare(session, written=[("a", own), ("b", note)], secret=back.secret)
        assert list_checkpoints(session, vote_id=kept.id)
    assert (mine.said, theirs.said, theirs.first) == (Said.HOLDS, Said.MISSING, 5)
    assert findings_of(package)


def events_of(kept: Kept) -> list:
    with kept.database.session(writing=False) as session:
        return read_events(session, vote_id=kept.id, size=head_of(kept)[0])


def test_a_restore_is_accepted_once_with_a_reason_and_its_row_stays(restored) -> None:
    kept, back, _, _ = restored
    now = kept.vote.opens_at + 95 * MINUTE
    with back.database.session(writing=True) as session:
        with pytest.raises(Invalid):
            accept(session, actor=ACTOR, reason="好", now=now)
        accept(session, actor=ACTOR, reason=REASON, now=now)
        with pytest.raises(Conflict):
            accept(session, actor=ACTOR, reason=REASON, now=now)
        session.commit()
    for meddling in (
        "DELETE FROM restoration",
        "UPDATE restoration SET accepted_by = 'x'",
        "DELETE FROM restored_vote",
        "UPDATE restored_vote SET witnessed = 0",
    ):
        with back.database.session(writing=True) as session, pytest.raises(sa.exc.DBAPIError):
            session.connection().execute(sa.text(meddling))


def test_a_checkpoint_of_another_key_or_of_a_changed_chain_is_not_believed(opened, place) -> None:
    kept, cast = opened
    cast(0)
    note, origin = note_of(kept), notes.origin_of(str(kept.id))
    text = notes.read_note(note).text
    other = signer(b"another secret, as long as the first one is").sign_note(text, origin)
    changed = signer(kept.secret).sign_note(text.replace("\n3\n", "\n2\n"), origin)
    written = [("a", note), ("b", other), ("c", changed)]
    with kept.database.session(writing=False) as session:
        said = [row.said for row in compare(session, written=written, secret=kept.secret)]
    assert said == [Said.HOLDS, Said.NOT_OURS, Said.CONTRADICTS]


def test_a_wrong_key_and_a_file_cut_or_changed_anywhere_are_refused_and_leave_nothing(opened, place) -> None:
    kept, _ = opened
    whole, plain = place.take(kept), place.take(kept, "plain.backup", plain=True)
    stranger = replace(place, private=container.new_key()[1])
    with pytest.raises(DamagedError):
        stranger.restore(whole, kept)
    for file in (whole, plain):
        content = file.read_bytes()
        size = len(content)
        flips = [
            bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]]) for at in (40, size // 2, size - 1)
        ]
        for changed in (b"", content[:10], content[: size // 2], content[:-1], *flips):
            (place.folder / "bad").write_bytes(changed)
            with pytest.raises(BackupError):
                place.restore(place.folder / "bad", kept)
    assert place.leftovers() == []
    done, back = place.restore(plain, kept)
    back.database.close()
    assert done.manifest.counts["estates"] == 1


def test_a_place_that_is_not_empty_is_refused_and_a_trial_needs_none(opened, place) -> None:
    kept, _ = opened
    file = place.take(kept)
    with pytest.raises(BackupError):
        place.take(kept)
    for _ in range(2):
        assert restore(place.order(file, kept), trial=True).manifest.counts["votes"] == 1
    place.restore(file, kept)[1].database.close()
    with pytest.raises(BackupError, match="已经有内容"):
        place.restore(file, kept)
    assert restore(place.order(file, kept), trial=True).manifest.counts["votes"] == 1
    with pytest.raises(BackupError, match="密钥不是"):
        restore(replace(place.order(file, kept), secret=b"another secret, as long as the first"), trial=True)


def test_the_restored_database_says_which_backup_it_came_from(restored) -> None:
    kept, back, _, _ = restored
    with back.database.session(writing=False) as session:
        [row] = restorations.waiting(session)
        assert isinstance(row, Restoration)
    assert row.taken_at == kept.vote.opens_at


def test_a_tool_older_than_the_server_or_absent_is_named(tmp_path, monkeypatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    old.chmod(0o755)
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="比服务器的第 15 版旧"):
        postgres.tool_for("pg_dump", 15)
    with pytest.raises(BackupError, match="没有找到 pg_restore"):
        postgres.tool_for("pg_restore", 15)


def cut_short(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["record_restoration", "note_witnessed"])
def test_a_restore_that_was_cut_short_leaves_nothing_in_which_anybody_could_write(
    opened, place, monkeypatch, step
) -> None:
    kept, cast = opened
    cast(0)
    file = place.take(kept)
    monkeypatch.setattr(restorations, step, cut_short)
    with pytest.raises(KeyboardInterrupt):
        place.restore(file, kept)
    if place.url.startswith("sqlite"):
        assert not Path(sa.make_url(place.url).database).exists()
        return
    database = Database(place.url)
    with database.session(writing=True) as session, pytest.raises(sa.exc.InternalError, match="read-only"):
        session.connection().execute(sa.text("UPDATE estate SET name = name"))
    database.close()
    with pytest.raises(BackupError, match="已经有内容"):
        place.restore(file, kept)


def test_a_load_that_failed_leaves_the_place_as_empty_and_as_open_as_it_was(
    opened, place, monkeypatch
) -> None:
    kept, _ = opened
    file = place.take(kept)
    with monkeypatch.context() as patched:
        patched.setattr(postgres, "load", cut_short)
        if not place.url.startswith("sqlite"):
            with pytest.raises(KeyboardInterrupt):
                place.restore(file, kept)
    done, back = place.restore(file, kept)
    with back.database.transaction() as session:
        session.connection().execute(sa.text("UPDATE estate SET name = name"))
    back.database.close()
    assert done.manifest.counts["votes"] == 1


def test_a_chain_that_does_not_hold_is_not_accepted(restored) -> None:
    kept, back, _, _ = restored
    with back.database.session(writing=True) as session:
        session.connection().execute(sa.text("UPDATE vote SET head_hash = 'ff' WHERE head_seq > 0"))
        with pytest.raises(BrokenChain):
            accept(session, actor=ACTOR, reason=REASON, now=kept.vote.opens_at + 95 * MINUTE)
        session.rollback()
        assert restorations.waiting(session)


def test_a_checkpoint_that_is_kept_here_too_contradicts_a_changed_chain_and_excuses_nothing(restored) -> None:
    kept, back, _, _ = restored
    now = kept.vote.opens_at + 95 * MINUTE
    with back.database.transaction() as session:
        accept(session, actor=ACTOR, reason=REASON, now=now)
        made = make_checkpoint(session, vote_id=kept.id, secret=kept.secret)
        keep_checkpoint(session, replace(made, root="00" * 32), now=now)
        text = notes.checkpoint_text(notes.Head(notes.origin_of(str(kept.id)), made.size, bytes(32)))
        other = signer(kept.secret).sign_note(text, notes.origin_of(str(kept.id)))
        [row] = compare(session, written=[("a", other)], secret=kept.secret)
    assert (row.size, row.said) == (made.size, Said.CONTRADICTS)


def test_nobody_comes_back_in_by_a_session_a_code_or_a_browser_of_the_backup(opened, place, world) -> None:
    kept, _ = opened
    at, limits = kept.vote.opens_at, CodeLimits(5, 20, 2000, 60, 10, 200)
    with kept.database.transaction() as session:
        printed = print_desk_code(
            session,
            account_id=world.qian_er.account_id,
            actor=ACTOR,
            estate_id=world.estate_id,
            now=at,
            secret=kept.secret,
        )
        send_sms_code(
            session,
            phone_text="13911112222",
            address="192.0.2.1",
            request_token="a token of the browser",
            now=at,
            secret=kept.secret,
            limits=limits,
        )
    file = place.take(kept)
    done, back = place.restore(file, kept)
    with back.database.transaction() as session:
        assert done.sessions_ended >= len(world.people)
        assert None not in session.exec(select(LoginSession.ended_at)).all()
        redeemed = redeem_desk_code(
            session, code=printed, address="192.0.2.1", now=at, secret=kept.secret, limits=limits
        )
        assert redeemed.account_id is None
        assert session.exec(select(SignInCode)).all() == []
        assert "******" in {str(letter.values.get("code")) for letter in session.exec(select(Message))}
        assert None not in session.exec(select(Account.forgotten_at)).all()
    back.database.close()
