"""The script that renews the catalogue tells its use without touching the catalogue."""

from __future__ import annotations

import pytest

from scripts import messages


def test_asking_for_help_prints_it_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "save", lambda _: pytest.fail("help must not write"))
    with pytest.raises(SystemExit) as left:
        messages.main(["--help"])
    assert left.value.code == 0
    assert "--check" in capsys.readouterr().out


def test_an_option_it_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "save", lambda _: pytest.fail("a misspelt option must not write"))
    with pytest.raises(SystemExit) as left:
        messages.main(["--chek"])
    assert left.value.code == 2
