"""The command line: estates are opened and roles given from it, and a wrong call says what is right."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from app.__main__ import COMMANDS, main
from app.cli.migrate import upgrade
from app.database import Database
from app.models.accounts import Account, Grant, SecondFactor, SignInCode
from app.models.estates import Estate
from app.models.outbox import Message


@pytest.fixture
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'haoshangliang.db'}"
    upgrade(url)
    database = Database(url)
    yield database
    database.close()


def test_an_estate_is_opened_and_its_worker_named(installation, capsys) -> None:
    assert main(["estate", "heping", "和平里", "--phone", "0512-65550303"]) == 0
    assert main(["grant", "138 0000 0001", "committee", "heping"]) == 0
    with installation.session(writing=False) as session:
        assert session.exec(select(Estate.desk_phone)).one() == "0512-65550303"
        assert session.exec(select(Grant.role)).one().value == "committee"
    assert main(["grant", "--end", "13800000001", "committee", "heping"]) == 0
    assert main(["grant", "--end", "13800000001", "committee", "heping"]) == 1
    assert "没有找到这项授权" in capsys.readouterr().err


def test_a_taken_or_crooked_slug_is_refused_with_a_sentence(installation, capsys) -> None:
    assert main(["estate", "heping", "和平里"]) == 0
    assert main(["estate", "heping", "另一个"]) == 1
    assert main(["estate", "和平 里", "另一个"]) == 1
    assert "网址名" in capsys.readouterr().err


def test_a_lost_second_factor_is_taken_away_with_a_reason_and_the_person_told(installation, capsys) -> None:
    lost = ["second-factor", "reset", "138 0000 0001", "--reason"]
    assert main([*lost, "手机丢失，已核对身份证"]) == 1
    assert main(["grant", "13800000001", "operator", "-"]) == 0
    assert main([*lost, "手机丢失，已核对身份证"]) == 1
    assert "没有设置动态口令" in capsys.readouterr().err
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with installation.transaction() as session:
        account_id = session.exec(select(Account.id)).one()
        session.add(SecondFactor(account_id=account_id, sealed=b"-", confirmed_at=now, created_at=now))
    assert main([*lost, "丢"]) == 1
    assert main([*lost, "手机丢失，已核对身份证"]) == 0
    with installation.session(writing=False) as session:
        assert session.exec(select(SecondFactor)).all() == []
        assert session.exec(select(Message.template)).one() == "second_factor_reset"


@pytest.mark.parametrize("call", [["grant"], ["grant", "138", "king", "x"], ["fly"], []])
def test_a_call_that_cannot_be_read_ends_with_two(call) -> None:
    assert main(call) == 2


def test_help_names_every_command(capsys) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


def test_a_number_is_vouched_for_with_a_reason(installation, capsys) -> None:
    vouch = ["confirm-number", "138 0000 0001", "--reason"]
    assert main([*vouch, "当面核对过身份证"]) == 1
    assert main(["grant", "13800000001", "operator", "-"]) == 0
    assert main([*vouch, "对"]) == 1
    assert "理由" in capsys.readouterr().err
    assert main([*vouch, "当面核对过身份证"]) == 0
    with installation.session(writing=False) as session:
        assert session.exec(select(Account.proved_at)).one() is not None


def test_an_operator_whose_number_is_gone_is_ended_by_account_and_ending_makes_no_account(
    installation, capsys
) -> None:
    assert main(["grant", "13800000001", "operator", "-"]) == 0
    assert main(["grant", "13800000002", "operator", "-"]) == 0
    with installation.transaction() as session:
        gone = session.exec(select(Account).where(Account.phone == "+8613800000001")).one()
        gone.phone, account_id = None, str(gone.id)
    assert main(["grant", "--end", "13800000001", "operator", "-"]) == 1
    assert account_id in capsys.readouterr().err
    with installation.session(writing=False) as session:
        assert len(session.exec(select(Account.id)).all()) == 2
    assert main(["grant", "--end", account_id, "operator", "-"]) == 0


def test_a_code_is_printed_for_a_role_that_no_page_prints_for(installation, capsys) -> None:
    assert main(["estate", "heping", "和平里"]) == 0
    assert main(["grant", "13800000001", "operator", "-"]) == 0
    assert main(["grant", "13800000002", "party_member", "heping", "mediator"]) == 0
    ask = ["desk-code", "13800000002", "--by", "13800000001", "--reason"]
    assert main([*ask, "看"]) == 1
    assert main(["desk-code", "13800000002", "--by", "13800000002", "--reason", "当面核对过身份证"]) == 1
    assert "不是系统管理员" in capsys.readouterr().err
    assert main([*ask, "当面核对过身份证"]) == 0
    assert re.fullmatch(r"\d{5} \d{5}\n", capsys.readouterr().out)
    with installation.session(writing=False) as session:
        assert len(session.exec(select(SignInCode.id)).all()) == 1
