"""backup-key, backup, restore, restored and doctor, as a person or a cron runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.__main__ import main
from app.services.backups.taking import LAST


@pytest.fixture
def installation(tmp_path: Path, monkeypatch, capsys) -> Path:
    """A migrated installation with a secret, one estate and a recipient; the private key is away from it."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert main(["migrate"]) == 0
    assert main(["estate", "heping", "和平里"]) == 0
    (tmp_path / "data" / "secret.key").write_text("a secret for tests only, forty bytes long")
    (tmp_path / "data" / "secret.key").chmod(0o600)
    capsys.readouterr()
    assert main(["backup-key"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (tmp_path / "key.txt").write_text(lines[-1])
    [public] = [line for line in lines if line.startswith("BACKUP_RECIPIENT=")]
    monkeypatch.setenv("BACKUP_RECIPIENT", public.partition("=")[2])
    return tmp_path


def test_the_whole_way_from_a_backup_to_an_accepted_restore(installation, monkeypatch, capsys) -> None:
    file, key = str(installation / "one.backup"), str(installation / "key.txt")
    assert main(["backup", file]) == 0
    assert main(["backup", file]) == 1
    assert main(["restore", file, "--identity", key]) == 1
    assert main(["restore", file, "--identity", key, "--dry-run"]) == 0
    assert main(["restored"]) == 0
    monkeypatch.setenv("DATA_DIR", str(installation / "new"))
    assert main(["restore", file]) == 1
    capsys.readouterr()
    assert main(["restore", file, "--identity", key]) == 0
    said = capsys.readouterr().out
    assert "1 个小区" in said
    assert "还没有密钥" in said
    assert "退出登录" in said
    assert main(["restored"]) == 1
    waits = capsys.readouterr().out
    assert "退出登录" in waits
    assert "人员身份" in waits
    assert main(["restored", "accept", "--reason", "短"]) == 1
    assert main(["restored", "accept", "--reason", "已经在楼道和业主群告知全体业主"]) == 0
    assert main(["restored"]) == 0
    assert main(["restored", "check", "--checkpoint", key]) == 1
    assert main(["restored", "check", "--checkpoint", f"{key}.none"]) == 2


def test_without_a_recipient_nothing_is_written_unless_it_is_said(installation, monkeypatch) -> None:
    monkeypatch.setenv("BACKUP_RECIPIENT", "")
    file = installation / "one.backup"
    assert main(["backup", str(file)]) == 1
    assert not file.exists()
    assert main(["backup", str(file), "--plain"]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("BACKUP_RECIPIENT", "AGE-SECRET-KEY-1")
    assert main(["backup", str(installation / "two.backup")]) == 1


def test_a_disk_without_space_is_said_before_anything_is_written(installation, monkeypatch, capsys) -> None:
    monkeypatch.setattr("app.services.backups.taking._SPARE", 1 << 60)
    assert main(["backup", str(installation / "one.backup")]) == 1
    assert "空间不够" in capsys.readouterr().err
    assert not (installation / "one.backup").exists()


@pytest.fixture
def healthy(installation, monkeypatch) -> Path:
    monkeypatch.setattr("app.services.doctor.LEAST_FREE", 1)
    monkeypatch.setattr("app.services.doctor.LEAST_PART", 10_000)
    assert main(["backup", str(installation / "one.backup")]) == 0
    return installation


def test_the_doctor_finds_nothing_where_nothing_is_and_writes_nothing(healthy, capsys) -> None:
    files = {path: path.stat().st_mtime_ns for path in (healthy / "data").iterdir()}
    assert main(["doctor"]) == 0
    assert main(["doctor"]) == 0
    assert "疑" not in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (healthy / "data").iterdir()} == files
    assert main(["doctor", "now"]) == 2


def test_the_doctor_doubts_each_thing_by_name(healthy, monkeypatch, capsys) -> None:
    data = healthy / "data"

    def doubts(words: str) -> None:
        assert main(["doctor"]) == 1
        assert any(
            words in line for line in capsys.readouterr().out.splitlines() if line.startswith("［疑］")
        )

    (data / "secret.key").chmod(0o644)
    doubts("权限 0644")
    (data / "secret.key").chmod(0o600)
    last = (data / LAST).read_text()
    (data / LAST).write_text(json.dumps({**json.loads(last), "taken_at": "2026-01-01T00:00:00+00:00"}))
    doubts("上次备份在")
    (data / LAST).unlink()
    doubts("没有记录到任何备份")
    (data / LAST).write_text(last)
    monkeypatch.setattr("app.services.doctor.LEAST_FREE", 1 << 60)
    doubts("磁盘剩")
    monkeypatch.setattr("app.services.doctor.LEAST_FREE", 1)
    monkeypatch.setenv("DATA_DIR", str(healthy / "new"))
    (healthy / "new").mkdir()
    doubts("不存在")
    assert list((healthy / "new").iterdir()) == []
    assert main(["restore", str(healthy / "one.backup"), "--identity", str(healthy / "key.txt")]) == 0
    doubts("没有人确认")
    doubts("没有密钥")
