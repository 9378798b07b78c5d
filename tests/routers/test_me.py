"""One's own page: homes, posts, messages, name and devices."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from app.models.accounts import Account, Grant, LoginSession
from app.models.outbox import Channel
from app.services import outbox
from app.templating import ROOT, render_message


def tell(database, account_id, now, *, key="one", estate_id=None, title="3 号楼 <加装> & 电梯"):
    with database.transaction() as session:
        outbox.post(
            session,
            outbox.Draft(
                key=key,
                template="vote_closed",
                now=now,
                account_id=account_id,
                channel=Channel.INBOX,
                estate_id=estate_id,
                link="votes/7/result",
                values={"title": title, "until": (now + timedelta(days=7)).isoformat()},
            ),
        )


def test_a_stranger_is_sent_to_sign_in_and_back(web):
    for path in ("/me", "/me/messages", "/me/devices", "/me/name"):
        answer = web().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_an_owner_sees_her_home_and_no_other(web, world):
    text = web(world.li_na).get("/me").text
    assert "幸福里小区 3号楼1单元301室" in text
    assert "80.00 平方米" in text
    assert "302室" not in text
    assert f'href="/e/{world.slug}"' in text
    assert "工作台" not in text
    assert f'href="/e/{world.slug}/votes"' in text


def test_a_tenant_sees_what_he_is_to_the_home(web, world):
    text = web(world.qian_er).get("/me").text
    assert "3号楼1单元501室" in text
    assert "租户" in text


def test_without_a_home_the_page_says_how_to_claim_one(web, world):
    assert "还没有认领房屋" in web(world.stranger).get("/me").text


@pytest.mark.parametrize(
    ("who", "badge", "has_desk"),
    [
        ("chen_jie", "居委会／业委会", True),
        ("sun_li", "监督人员", True),
        ("zhao_min", "监督员", True),
        ("ma_chao", "服务单位", False),
    ],
)
def test_posts_stand_on_the_page_and_the_desk_only_for_those_who_work_there(web, world, who, badge, has_desk):
    text = web(getattr(world, who)).get("/me").text
    assert badge in text
    assert ("进入工作台" in text) is has_desk
    assert world.other_slug not in text


def test_an_ended_post_is_gone(web, world, database, now):
    with database.transaction() as session:
        session.exec(select(Grant).where(Grant.account_id == world.chen_jie.account_id)).one().ended_at = now
    assert "工作台" not in web(world.chen_jie).get("/me").text


def test_the_phone_is_shown_in_part(web, world):
    text = web(world.li_na).get("/me").text
    assert world.li_na.phone.removeprefix("+86") not in text
    assert "139****1000" in text


def test_a_message_is_plain_text_with_a_way_to_its_page(web, world, database, now):
    tell(database, world.li_na.account_id, now, estate_id=world.estate_id)
    text = web(world.li_na).get("/me/messages").text
    assert "3 号楼 &lt;加装&gt; &amp; 电梯" in text
    assert "2026 年 11 月 30 日 10:00" in text
    assert f'href="/e/{world.slug}/votes/7/result"' in text


def test_messages_are_read_by_a_button_and_only_ones_own(web, world, database, now):
    for number, person in enumerate((world.li_na, world.wang_wei)):
        tell(database, person.account_id, now, key=str(number), estate_id=world.estate_id)
    browser = web(world.li_na)
    assert "1 条未读" in browser.get("/me").text
    browser.get("/me/messages")
    assert "1 条未读" in browser.get("/me").text
    assert browser.post("/me/messages/read").headers["location"] == "/me/messages"
    assert "条未读" not in re.sub("<nav.*?</nav>", "", browser.get("/me").text, flags=re.DOTALL)
    assert "1 条未读" in web(world.wang_wei).get("/me").text


def test_a_name_is_saved_clean(web, world, database):
    browser = web(world.li_na)
    assert browser.post("/me/name", {"name": " 李 \u202e娜 "}).headers["location"] == "/me"
    with database.session(writing=False) as session:
        assert session.get_one(Account, world.li_na.account_id).name == "李 娜"


@pytest.mark.parametrize("name", ["", "   ", "12345", "\u202e\u200b", "长" * 21, "x" * 1_000_000])
def test_what_is_no_name_is_refused_and_the_old_one_stays(web, world, database, name):
    answer = web(world.li_na).post("/me/name", {"name": name})
    assert answer.status_code == 422
    assert 'href="#f-name"' in answer.text
    assert len(answer.text) < 20_000
    with database.session(writing=False) as session:
        assert session.get_one(Account, world.li_na.account_id).name == "li_na"


def test_who_has_no_name_is_asked_gently(web, world, database):
    with database.transaction() as session:
        session.get_one(Account, world.li_na.account_id).name = ""
    text = web(world.li_na).get("/me").text
    assert "怎么称呼您" in text
    assert "现在不填也可以" in text


def other_device(database, account_id, now):
    with database.transaction() as session:
        row = LoginSession(
            account_id=account_id,
            token_hash="0" * 64,
            device="微信 · 安卓手机",
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=9),
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_device_is_listed_and_signed_out(web, world, database, now):
    device = other_device(database, world.li_na.account_id, now)
    browser = web(world.li_na)
    text = browser.get("/me/devices").text
    assert "微信 · 安卓手机" in text
    assert "这台设备" in text
    assert browser.post(f"/me/devices/{device}/end").headers["location"] == "/me/devices"
    assert "微信 · 安卓手机" not in browser.get("/me/devices").text


def test_a_neighbours_device_is_none_of_ones_business(web, world, database, now):
    device = other_device(database, world.wang_wei.account_id, now)
    assert web(world.li_na).post(f"/me/devices/{device}/end").status_code == 404
    with database.session(writing=False) as session:
        assert session.get_one(LoginSession, device).ended_at is None


def test_signing_out_everywhere_ends_every_device_and_nobody_elses(web, world, database, now):
    device = other_device(database, world.li_na.account_id, now)
    browser = web(world.li_na)
    assert browser.post("/me/devices/end-all").headers["location"] == "/sign-in"
    with database.session(writing=False) as session:
        assert session.get_one(LoginSession, device).ended_at == now
    browser.cookies["session"] = world.li_na.token
    assert browser.get("/me").status_code == 303
    assert web(world.wang_wei).get("/me").status_code == 200


def values_of(template):
    at = "2026-11-23T02:00:00+00:00"
    known = {
        "title": "加装 & 电梯",
        "home": "3-1-301",
        "code": "ABCD-EFGH",
        "at": at,
        "until": at,
        "due": at,
        "opens_at": at,
        "closes_at": at,
        "starts_at": at,
        "due_at": at,
        "honour": "talk",
        "level": 200,
    }
    source = (ROOT / "templates" / "messages" / f"{template}.txt").read_text()
    return {name: known.get(name, "某事") for name in re.findall(r"\b[a-z][a-z_]*\b", source)}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "template", sorted(path.stem for path in (ROOT / "templates/messages").glob("*.txt"))
)
def test_every_message_is_one_plain_line_short_enough_for_a_phone(template, language):
    text = render_message(template, values_of(template), language=language)
    assert text
    assert "\n" not in text
    assert "&amp;" not in text
    assert "{" not in text
    assert len(text) <= 200
