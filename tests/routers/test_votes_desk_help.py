"""What the desk does for owners: papers of agents, assisted ballots, household letters."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.models.accounts import Grant
from app.models.estates import Owner
from app.models.trail import TrailRow
from app.models.votes import BallotCurrent
from app.models.votes.mandates import Mandate, MandateState
from app.routers.votes import codes as codes_page
from app.rules.accounts import Duty, Role
from tests.fixtures.world import make_person


@pytest.fixture
def desk(world, vote) -> str:
    return f"/desk/{world.slug}/votes/{vote.id}"


@pytest.fixture
def opened(vote, clock):
    clock.instant = vote.opens_at
    return vote


@pytest.fixture
def he_fang(database, world, now):
    """A second person of the committee."""
    with database.transaction() as session:
        person = make_person(session, "he_fang", "+8613900002001", now)
        session.add(
            Grant(
                account_id=person.account_id,
                estate_id=world.estate_id,
                role=Role.COMMITTEE,
                duty=Duty.NONE,
                granted_at=now,
            )
        )
    return person


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(written, "PNG")
    return written.getvalue()


def test_a_letter_is_entered_by_one_and_checked_by_another(
    web, database, world, opened, desk, he_fang
) -> None:
    home, chen_jie = world.homes["301"], web(world.chen_jie)
    assert "li_na" in chen_jie.get(f"{desk}/mandates?unit={home.unit_id}").text
    form = {"id": str(uuid4()), "unit": str(home.unit_id), "owner": str(home.owner_id), "kind": "letter"}
    form |= {"name": "钱二", "phone": "13900001006"}
    no_scan = chen_jie.post(f"{desk}/mandates", form, files={"scan": ("a.txt", b"no picture", "text/plain")})
    assert no_scan.status_code == 422
    assert 'value="钱二"' in no_scan.text
    sent = chen_jie.post(f"{desk}/mandates", form, files={"scan": ("a.png", picture(), "image/png")})
    assert sent.status_code == 303
    with database.session(writing=False) as session:
        mandate = session.exec(select(Mandate)).one()
    check = f"{desk}/mandates/{mandate.id}/check"
    assert chen_jie.post(check, {"act": "approve"}).status_code == 403
    scan = f"/e/{world.slug}/files/{mandate.file_id}"
    assert [web(world.people[who]).get(scan).status_code for who in ("li_na", "qian_er", "sun_li")] == [
        403
    ] * 3
    assert web(he_fang).get(scan).status_code == 200
    assert web(he_fang).post(check, {"act": "refuse", "reason": "无"}).status_code == 422
    assert web(he_fang).post(check, {"act": "approve"}).status_code == 303
    with database.session(writing=False) as session:
        assert session.exec(select(Mandate)).one().state is MandateState.IN_FORCE
        refused = session.exec(select(TrailRow).where(TrailRow.tag == "votes:mandate:refused")).all()
    assert [row.new["code"] for row in refused] == ["invalid", "same_person"]


def presence(world, web=None, desk="", **more) -> dict[str, str]:
    """What the helper fills in; with `web` the supervisor reads the code out on his own page."""
    home = world.homes["301"]
    sent = {
        "unit": str(home.unit_id),
        "owner": str(home.owner_id),
        "identity": "看了身份证原件，姓名与名册一致",
        "witness": str(world.zhao_min.account_id),
        "witness_code": "0000 0000 0000",
    }
    if web:
        page = web(world.zhao_min).post(
            f"{desk}/assist/witness", {"unit": sent["unit"], "owner": sent["owner"]}
        )
        assert page.headers["cache-control"] == "no-store"
        sent["witness_code"] = " ".join(re.findall(r"<span>(\d{4})</span>", page.text))
    return {**sent, **more}


def key_of(answer) -> str:
    return re.search(r'name="key"\s+value="(\w+)"', answer.text).group(1)


def test_an_owner_votes_with_help_on_a_screen_with_nothing_else_and_the_choice_is_gone_after(
    web, database, world, opened, desk
) -> None:
    helper = web(world.chen_jie)
    assert "3号楼1单元301室" in helper.get(f"{desk}/assist").text
    present = presence(world, web, desk)
    paper = helper.post(f"{desk}/assist/ballot", present)
    assert 'data-size="huge"' in paper.text
    assert "工作台" not in paper.text
    form = {**present, "key": key_of(paper), "choice": "against"}
    confirm = helper.post(f"{desk}/assist/confirm", form)
    assert "反对" in confirm.text
    assert helper.post(f"{desk}/assist", form).status_code == 422
    done = helper.post(f"{desk}/assist", {**form, "confirmed": "yes"})
    assert done.status_code == 303
    receipt = helper.get(done.headers["location"])
    assert "zhao_min" in receipt.text
    # Whoever takes the paper home can look it up without us.
    link = urlsplit(re.search(r'href="([^"]+/verify\?code=[^"]+)"', receipt.text)[1])
    assert "这张票已经记录，现在有效" in web().get(f"{link.path}?{link.query}").text
    assert f">{link.scheme}://{link.netloc}{link.path}</a>" in receipt.text
    assert "反对" not in receipt.text
    again = helper.post(f"{desk}/assist/confirm", form)
    assert (again.status_code, again.headers["location"]) == (303, done.headers["location"])
    assert helper.post(f"{desk}/assist", {**form, "confirmed": "yes"}).status_code == 303
    with database.session(writing=False) as session:
        assert len(session.exec(select(BallotCurrent)).all()) == 1
    no_store = [answer.headers["cache-control"] for answer in (paper, confirm, receipt)]
    assert no_store == ["no-store"] * 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"witness": "chen_jie"}, "请选择见证人"),
        ({"witness_code": "1234"}, "见证码不对或者已经过期"),
        ({"identity": "见过"}, "请写明怎样核对的身份"),
        ({"owner": ""}, "请选择是哪一位业主"),
    ],
)
def test_without_a_witness_or_an_identity_the_screen_is_not_turned(
    web, world, opened, desk, typed, sentence
) -> None:
    answer = web(world.chen_jie).post(f"{desk}/assist/ballot", presence(world, web, desk, **typed))
    assert answer.status_code == 422
    assert sentence in answer.text


def test_help_is_given_while_the_vote_is_open_and_by_the_committee_alone(
    web, world, vote, desk, clock
) -> None:
    assert web(world.chen_jie).post(f"{desk}/assist/ballot", presence(world)).status_code == 409
    clock.instant = vote.opens_at
    for name in ("li_na", "zhao_min", "sun_li", "ma_chao", "qian_er"):
        for page in ("assist", "codes", "mandates"):
            assert web(world.people[name]).get(f"{desk}/{page}").status_code == 403
        form = presence(world, key="k" * 32, choice="for", confirmed="yes")
        assert web(world.people[name]).post(f"{desk}/assist", form).status_code == 403
    assert web(world.zhou_tao).get(f"{desk}/assist").status_code == 404


def test_the_witness_page_is_for_the_committee_and_supervisors_and_says_nothing_without_a_home(
    web, world, opened, desk
) -> None:
    page = f"{desk}/assist/witness"
    unit = str(world.homes["301"].unit_id)
    for name in ("li_na", "sun_li", "ma_chao", "qian_er"):
        assert web(world.people[name]).get(page).status_code == 403
        assert web(world.people[name]).post(page, {"unit": unit}).status_code == 403
    for name in ("chen_jie", "zhao_min"):
        assert "3号楼1单元301室" in web(world.people[name]).get(f"{page}?unit={unit}").text
    assert web(world.zhao_min).post(page, {"unit": unit}).status_code == 422


def test_a_code_that_was_not_read_out_casts_nothing_at_the_last_step_either(
    web, database, world, opened, desk
) -> None:
    form = presence(world, key="k" * 32, choice="for", confirmed="yes")
    answer = web(world.chen_jie).post(f"{desk}/assist", form)
    assert (answer.status_code, "见证码不对" in answer.text) == (422, True)
    with database.session(writing=False) as session:
        assert session.exec(select(BallotCurrent)).all() == []


def codes_in(monkeypatch) -> list[str]:
    """The codes that were drawn on letters, caught on their way into the PDF."""
    caught: list[str] = []
    draw = codes_page.draw_letters
    monkeypatch.setattr(
        codes_page,
        "draw_letters",
        lambda letters, head: caught.extend(one.code for one in letters) or draw(letters, head),
    )
    return caught


def test_a_letter_is_printed_scanned_and_leads_through_the_name_to_the_ballot(
    web, database, world, opened, desk, monkeypatch
) -> None:
    caught = codes_in(monkeypatch)
    sheet = web(world.chen_jie).post(f"{desk}/codes/home", {"unit": str(world.homes["401"].unit_id)})
    assert sheet.headers["content-type"] == "application/pdf"
    assert sheet.headers["cache-control"] == "no-store"
    assert caught[0] not in web(world.chen_jie).get(f"{desk}/codes").text
    letters = f"/e/{world.slug}/letters"
    outside = web().get(f"{letters}?code={caught[0]}")
    onward = re.search(r'href="(/sign-in\?next=[^"]+)"', outside.text).group(1)
    # Once for the code in the address of the letter, once for that address in the one of signing in.
    assert caught[0] in unquote(unquote(onward))
    stranger = web(world.stranger)
    page = stranger.get(f"{letters}?code={caught[0]}")
    assert caught[0] in page.text
    assert "401" not in page.text.replace(caught[0], "")
    wrong = stranger.post(letters, {"code": caught[0], "name": "别人"})
    assert (wrong.status_code, "还可以试 4 次" in wrong.text) == (422, True)
    right = stranger.post(letters, {"code": caught[0], "name": "业主401"})
    assert right.status_code == 303
    assert f"/ballot?unit={world.homes['401'].unit_id}" in right.headers["location"]
    # Printed for this home alone: a second person checks before it opens the ballot.
    assert stranger.get(right.headers["location"]).status_code == 409
    with database.session(writing=False) as session:
        owner = session.get_one(Owner, world.homes["401"].owner_id)
        assert owner.account_id == world.stranger.account_id


def test_wrong_names_are_counted_across_requests_and_the_fifth_ends_the_code(
    web, world, opened, desk, monkeypatch
) -> None:
    caught = codes_in(monkeypatch)
    web(world.chen_jie).post(f"{desk}/codes", {"building": "3"})
    assert len(caught) == 12
    stranger, letters = web(world.stranger), f"/e/{world.slug}/letters"
    answers = [
        stranger.post(letters, {"code": caught[0], "name": f"别人{number}"}).status_code
        for number in range(6)
    ]
    assert answers == [422] * 4 + [409, 422]


def test_letters_need_a_home_and_are_not_printed_twice_by_accident(web, world, opened, desk) -> None:
    chen_jie = web(world.chen_jie)
    assert chen_jie.post(f"{desk}/codes/home", {"unit": ""}).status_code == 422
    assert chen_jie.post(f"{desk}/codes").status_code == 200
    assert "没有要打印的信" in chen_jie.post(f"{desk}/codes").text
    assert chen_jie.post(f"{desk}/codes", {"again": "yes"}).status_code == 200


def test_no_letters_after_the_close(web, world, vote, desk, clock) -> None:
    clock.instant = vote.closes_at + timedelta(seconds=1)
    assert web(world.chen_jie).post(f"{desk}/codes").status_code == 409
