"""The command line: estates are opened and roles given from it, and a wrong call says what is right."""

from __future__ import annotations

import pytest
from sqlmodel import select

from app.__main__ import COMMANDS, main
from app.cli.migrate import upgrade
from app.database import Database
from app.models.accounts import Grant
from app.models.estates import Estate


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


@pytest.mark.parametrize("call", [["grant"], ["grant", "138", "king", "x"], ["fly"], []])
def test_a_call_that_cannot_be_read_ends_with_two(call) -> None:
    assert main(call) == 2


def test_help_names_every_command(capsys) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)
