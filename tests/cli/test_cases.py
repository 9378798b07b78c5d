"""The two commands a stranger checks our counting with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import shares, tally

SHARED = Path(__file__).parents[2].parent / "shared" / "vectors"
UNIT = {"unit": "1栋101", "floor": 1, "area": "80.0", "owners": ["甲"]}
SHARE = {"cost": "100", "units": [UNIT], "scheme": {"type": "household"}}
Run = Callable[[list[str]], int]
both = pytest.mark.parametrize("run", [tally.run, shares.run], ids=["tally", "shares"])


@pytest.fixture
def file(tmp_path: Path) -> Callable[[object], str]:
    def write(value: object) -> str:
        path = tmp_path / "case.json"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    return write


@pytest.mark.parametrize(("run", "name"), [(tally.run, "tally.json"), (shares.run, "shares.json")])
def test_a_file_of_vectors_prints_an_array_in_the_same_order(
    run: Run, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    vectors: list[dict[str, Any]] = json.loads((SHARED / name).read_text("utf-8"))
    assert run([str(SHARED / name)]) == 0
    printed = json.loads(capsys.readouterr().out)
    for vector, answer in zip(vectors, printed, strict=True):
        expected = vector["expected"]
        rejected = {} if "result" not in expected else {"rejected": []}
        assert answer == rejected | expected


def test_one_case_prints_one_object_with_chinese_as_it_is(
    file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shares.run([file(SHARE)]) == 0
    assert '\n    "1栋101": "100.00"' in capsys.readouterr().out


def test_a_json_decimal_is_read_as_written_and_not_as_a_float(
    file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    case = {"matter": 4, "register": [UNIT], "ballots": []}
    assert tally.run([file(json.dumps(case).replace('"80.0"', "80.10").encode())]) == 0
    assert json.loads(capsys.readouterr().out)["total_area"] == "80.10"
    assert tally.run([file(json.dumps(case).replace('"80.0"', "80.123").encode())]) == 0
    assert json.loads(capsys.readouterr().out) == {"error": "bad_area"}


@both
@pytest.mark.parametrize("value", [{}, 7, "case", None])
def test_a_wrong_case_is_an_answer_and_not_a_failure(
    run: Run, value: object, file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([file(value)]) == 0
    assert "error" in json.loads(capsys.readouterr().out)


@both
def test_a_wrong_case_in_an_array_leaves_the_others_alone(
    run: Run, file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([file([SHARE | {"matter": 4, "register": [UNIT]}, None])]) == 0
    good, bad = json.loads(capsys.readouterr().out)
    assert "error" not in good
    assert bad == {"error": "bad_case"}


@both
def test_a_byte_order_mark_and_an_empty_array_are_harmless(
    run: Run, file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([file(b"\xef\xbb\xbf[]")]) == 0
    assert json.loads(capsys.readouterr().out) == []


@both
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 200_000, b"[" + b"9" * 5_000 + b"]"],
    ids=["empty", "cut off", "not utf-8", "deep array", "deep object", "endless number"],
)
def test_an_unreadable_file_gets_one_sentence_and_status_two(
    run: Run, content: bytes, file: Callable[[object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([file(content)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err


@both
def test_a_missing_file_a_folder_and_wrong_arguments_are_status_two(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv in ([str(tmp_path / "none.json")], [str(tmp_path)], ["a\0b"], [], ["a", "b"]):
        assert run(argv) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1


@both
def test_help_is_printed_on_request(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "用法" in capsys.readouterr().out
