"""The desk's pages of orders: who opens which, what each form does, and what a refusal leaves on the page."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.database import Database
from app.models.accounts import Grant
from app.models.maintenance.orders import CostLine, Handing, OrderNote, WorkOrder
from app.models.maintenance.parties import AnswerTemplate, PartyStaff
from app.models.trail import TrailRow
from app.models.votes import Vote
from app.rules.accounts import Duty, Role
from app.rules.maintenance.states import OrderState
from tests.fixtures.maintenance import Upkeep
from tests.fixtures.time import Clock

REASON = "楼道灯由供电公司维护，请转给他们"


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    return file.getvalue()


class Pages:
    """The order's pages in the browsers of several people."""

    def __init__(self, web: Any, database: Database, upkeep: Upkeep, order_id: UUID) -> None:
        self.web, self.database, self.upkeep, self.order_id = web, database, upkeep, order_id
        self.list = f"/desk/{upkeep.world.slug}/orders"
        self.address = f"{self.list}/{order_id}"

    def get(self, who: Any, tail: str = "") -> Any:
        return self.web(who).get(self.address + tail)

    def post(self, who: Any, deed: str, **form: Any) -> Any:
        """Open the deed's form first, as a person does; where there is none, send what a stranger might guess."""
        files = form.pop("files", None)
        page = self.get(who, f"/{deed}")
        found = re.search(r'name="seen" value="(\d+)"', page.text)
        given = {"seen": found.group(1) if found else str(self.seen()), "id": str(uuid4()), **form}
        return self.web(who).post(f"{self.address}/{deed}", given, files=files)

    def seen(self) -> int:
        from app.services.maintenance.desk import last_step

        with self.database.session(writing=False) as session:
            return last_step(session, self.order_id)

    def order(self) -> WorkOrder:
        with self.database.session(writing=False) as session:
            return session.get_one(WorkOrder, self.order_id)

    def accept(self, who: Any, at: datetime) -> Any:
        return self.post(
            who,
            "accept",
            worker_name="马师傅",
            worker_number="W-7",
            plan="更换灯具",
            promised=(at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        )


@pytest.fixture
def pages(web: Any, database: Database, upkeep: Upkeep, now: datetime) -> Pages:
    with database.transaction() as session:
        order_id = upkeep.report(session, now)
        # qian_er works for the builder.
        account_id = upkeep.world.qian_er.account_id
        session.add(PartyStaff(party_id=upkeep.builder, account_id=account_id, since=now))
        session.add(
            Grant(
                account_id=account_id,
                estate_id=upkeep.world.estate_id,
                role=Role.PARTY_STAFF,
                duty=Duty.NONE,
                granted_at=now,
            )
        )
    return Pages(web, database, upkeep, order_id)


DEEDS = (
    *("accept", "refuse", "start", "repaired", "wait", "ask", "hand", "unask", "extend", "note", "cost"),
    *("vote", "amend", "duplicate", "not_ours", "decline", "restore", "reopen"),
)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("li_na", 403),
        ("zhao_min", 403),
        ("sun_li", 403),
        ("qian_er", 404),
        ("zhou_tao", 404),
        ("stranger", 404),
    ],
)
def test_only_the_party_and_the_committee_see_or_touch_an_order(pages: Pages, name: str, status: int) -> None:
    who = pages.upkeep.world.people[name]
    assert pages.get(who).status_code == status
    for tail in ("/print", "/accept", "/note"):
        assert pages.get(who, tail).status_code == status
    for deed in (*DEEDS, "contact"):
        assert pages.post(who, deed, note="我来处理这张工单").status_code == status, deed
    assert pages.order().state is OrderState.ASSIGNED
    with pages.database.session(writing=False) as session:
        assert session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:contact:look")).all() == []


def test_a_passer_by_is_sent_to_sign_in(pages: Pages) -> None:
    assert pages.get(None).status_code == 303
    assert pages.web().get(pages.list).status_code == 303


def test_the_party_of_another_estate_finds_nothing_under_its_own_address(pages: Pages) -> None:
    other = f"/desk/{pages.upkeep.world.other_slug}/orders/{pages.order_id}"
    assert pages.web(pages.upkeep.world.zhou_tao).get(other).status_code == 404


def test_the_worker_accepts_mends_and_proves_but_does_not_confirm(pages: Pages, now: datetime) -> None:
    worker = pages.upkeep.world.ma_chao
    page = pages.get(worker).text
    assert "接单" in page
    assert "不归我们管" in page
    assert "派给一个单位" not in page
    assert pages.accept(worker, now).status_code == 303
    order = pages.order()
    assert (order.state, order.worker_name) == (OrderState.ACCEPTED, "马师傅")
    # Typed in Beijing.
    assert order.promised_at == now.replace(second=0) + timedelta(days=1) - timedelta(hours=8)
    assert pages.post(worker, "start").status_code == 303
    assert pages.post(worker, "repaired", note="换好了").status_code == 422
    answer = pages.post(
        worker, "repaired", note="换好了", files={"photos": ("灯.jpg", picture(), "image/jpeg")}
    )
    assert answer.status_code == 303
    assert pages.order().state is OrderState.REPAIRED
    for deed in ("accept", "start", "reopen", "decline"):
        assert pages.post(worker, deed, note="已经修好了").status_code in {403, 409}, deed
    public = f"/e/{pages.upkeep.world.slug}/maintenance/{pages.order_id}"
    own = pages.web(worker).post(f"{public}/answer", {"answer": "fixed", "round": "0"})
    assert own.status_code in {403, 409}
    assert pages.order().state is OrderState.REPAIRED


@pytest.mark.parametrize("deed", ["start", "repaired", "wait", "reopen", "unask", "restore"])
def test_a_step_that_the_table_has_not_is_a_conflict_with_a_clear_sentence(pages: Pages, deed: str) -> None:
    committee = pages.upkeep.world.chen_jie
    answer = pages.post(
        committee,
        deed,
        note="请处理",
        reason="parts",
        until="2026-11-25",
        files={"photos": ("灯.jpg", picture(), "image/jpeg")},
    )
    assert answer.status_code == 409
    assert "工单现在是“已派单”" in answer.text or "这张工单没有" in answer.text
    assert pages.order().state is OrderState.ASSIGNED


def test_a_refusal_goes_on_to_who_was_named_and_leaves_the_page(pages: Pages) -> None:
    upkeep = pages.upkeep
    short = pages.post(upkeep.world.ma_chao, "refuse", note="不管", party=str(upkeep.builder))
    assert short.status_code == 422
    assert "不管" in short.text
    assert str(upkeep.builder) in short.text
    answer = pages.post(upkeep.world.ma_chao, "refuse", note=REASON, party=str(upkeep.builder))
    assert answer.status_code == 303
    assert pages.order().party_id == upkeep.builder
    assert "首接" in pages.web(upkeep.world.ma_chao).get(f"{pages.list}/work").text
    assert pages.get(upkeep.world.qian_er).status_code == 200


def test_refusing_too_late_and_after_a_ruling_is_a_conflict(pages: Pages, clock: Clock) -> None:
    upkeep = pages.upkeep
    clock.instant = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    late = pages.post(upkeep.world.ma_chao, "refuse", note=REASON, party=str(upkeep.builder))
    assert late.status_code == 409
    assert "退单时限已过" in late.text
    assert "等待裁定（1）" in pages.web(upkeep.world.chen_jie).get(pages.list).text
    ruling = pages.post(
        upkeep.world.chen_jie, "hand", note="合同写明由施工单位负责", party=str(upkeep.builder), ruled="yes"
    )
    assert ruling.status_code == 303
    ruled = pages.post(upkeep.world.qian_er, "refuse", note=REASON)
    assert ruled.status_code == 409
    assert "不能退单" in ruled.text
    with pages.database.session(writing=False) as session:
        assert [row.ruled for row in session.exec(select(Handing).order_by(Handing.seq))] == [False, True]  # type: ignore[arg-type]


def test_a_form_sent_twice_or_made_before_is_a_conflict(pages: Pages, now: datetime) -> None:
    worker = pages.upkeep.world.ma_chao
    form = {"seen": str(pages.seen()), "note": "先看看现场", "id": str(uuid4()), "until": "2026-11-25"}
    assert pages.web(worker).post(f"{pages.address}/ask", form).status_code == 303
    again = pages.web(worker).post(f"{pages.address}/ask", form)
    assert again.status_code == 409
    assert "新的进展" in again.text
    without = pages.web(worker).post(f"{pages.address}/note", {"note": "没有页面"})
    assert without.status_code == 409


def test_what_was_typed_stays_when_it_is_refused(pages: Pages) -> None:
    answer = pages.post(
        pages.upkeep.world.ma_chao, "accept", worker_name="马师傅<b>", plan="换灯", promised="明天"
    )
    assert answer.status_code == 422
    assert "马师傅&lt;b&gt;" in answer.text
    assert "请填写日期和时间" in answer.text
    for promised in ("0001-01-01T00:00", "9999-12-31T23:59", "2026-11-25T10:00+14:00"):
        strange = pages.post(
            pages.upkeep.world.ma_chao, "accept", worker_name="马", plan="换灯", promised=promised
        )
        assert strange.status_code in {303, 422}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_megabyte_in_every_field_is_refused_and_changes_nothing(pages: Pages, deed: str) -> None:
    huge = "漏" * 350_000
    fields = ("note", "worker_name", "plan", "promised", "party", "until", "number", "recipient", "amount")
    answer = pages.post(pages.upkeep.world.chen_jie, deed, **dict.fromkeys(fields, huge))
    assert answer.status_code in {400, 409, 413, 422}, answer.status_code
    assert pages.order().state is OrderState.ASSIGNED


def test_notes_and_costs_are_kept_once(pages: Pages) -> None:
    worker = pages.upkeep.world.ma_chao
    seen = str(pages.seen())
    note = {"seen": seen, "id": str(uuid4()), "note": "明天上午来", "private": "no"}
    cost = {
        "seen": seen,
        "id": str(uuid4()),
        "stage": "estimate",
        "source": "property_fee",
        "amount": "380.05",
    }
    for _ in range(2):
        assert pages.web(worker).post(f"{pages.address}/note", note).status_code == 303
        assert pages.web(worker).post(f"{pages.address}/cost", cost).status_code == 303
    with pages.database.session(writing=False) as session:
        assert [one.private for one in session.exec(select(OrderNote))] == [False]
        assert session.exec(select(CostLine.amount)).all() == [38005]
    assert "380.05 元" in pages.get(worker).text
    wrong = pages.web(worker).post(f"{pages.address}/cost", {**cost, "id": str(uuid4()), "amount": "三百"})
    assert wrong.status_code == 422
    assert "三百" in wrong.text


def test_a_paper_is_sent_to_those_who_work_on_it_alone(pages: Pages) -> None:
    world = pages.upkeep.world
    answer = pages.post(
        world.ma_chao,
        "cost",
        stage="invoice",
        source="property_fee",
        amount="12",
        files={"document": ("发票.jpg", picture(), "image/jpeg")},
    )
    assert answer.status_code == 303
    with pages.database.session(writing=False) as session:
        file_id = session.exec(select(CostLine.file_id)).one()
    assert pages.get(world.ma_chao, f"/documents/{file_id}").status_code == 200
    assert pages.get(world.qian_er, f"/documents/{file_id}").status_code == 404
    assert pages.get(world.ma_chao, f"/documents/{uuid4()}").status_code == 404


def test_the_telephone_is_shown_once_for_each_look_and_never_by_itself(pages: Pages) -> None:
    world = pages.upkeep.world
    number = world.li_na.phone.removeprefix("+86")
    for tail in ("", "/print", "/accept"):
        assert number not in pages.get(world.ma_chao, tail).text
        assert world.li_na.name not in pages.get(world.ma_chao, tail).text
    shown = pages.post(world.ma_chao, "contact")
    assert number in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert number not in pages.get(world.ma_chao).text
    with pages.database.session(writing=False) as session:
        rows = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:contact:look")).all()
    assert [row.actor_name for row in rows] == ["ma_chao"]


def test_the_committee_sets_aside_and_restores(pages: Pages) -> None:
    committee = pages.upkeep.world.chen_jie
    assert pages.post(committee, "not_ours", note="市政道路", recipient="").status_code == 422
    answer = pages.post(committee, "not_ours", note="市政道路", recipient="市政公司")
    assert answer.status_code == 303
    assert "市政公司" in pages.get(committee).text
    assert pages.post(committee, "restore", note="是小区的路").status_code == 303
    assert pages.order().state is OrderState.SUBMITTED
    assert pages.post(committee, "duplicate", number="1").status_code == 422
    assert pages.post(committee, "duplicate", number="abc").status_code == 422


def test_an_order_paid_by_the_fund_leads_to_a_draft_and_back(pages: Pages, now: datetime) -> None:
    world = pages.upkeep.world
    assert pages.accept(world.ma_chao, now).status_code == 303
    assert "发起业主表决" not in pages.get(world.chen_jie).text
    pages.post(world.ma_chao, "cost", stage="estimate", source="maintenance_fund", amount="12600")
    assert "发起业主表决" not in pages.get(world.ma_chao).text
    assert "发起业主表决" in pages.get(world.chen_jie).text
    answer = pages.post(world.chen_jie, "vote")
    assert answer.status_code == 303
    draft = answer.headers["location"]
    assert pages.web(world.chen_jie).get(draft).status_code in {200, 303}
    assert draft in pages.get(world.chen_jie).text
    assert pages.post(world.ma_chao, "wait", reason="vote", until="2027-01-31").status_code == 303
    assert pages.order().state is OrderState.WAITING
    assert pages.web(world.chen_jie).post(f"{draft}/discard").status_code == 303
    assert pages.order().vote_id is None
    with pages.database.session(writing=False) as session:
        assert session.exec(select(Vote)).all() == []


def test_the_lists_are_for_each_his_own(pages: Pages) -> None:
    world = pages.upkeep.world
    assert "第 1 号" in pages.web(world.chen_jie).get(pages.list).text
    assert "第 1 号" in pages.web(world.ma_chao).get(pages.list).text
    assert "第 1 号" not in pages.web(world.qian_er).get(f"{pages.list}/work").text
    for path in (pages.list, f"{pages.list}/work", f"{pages.list}/print", f"{pages.list}/templates"):
        assert pages.web(world.li_na).get(path).status_code == 403, path
        assert pages.web(world.zhou_tao).get(path).status_code == 404, path
        assert pages.web(world.ma_chao).get(path).status_code == 200, path


@pytest.mark.parametrize(
    "query",
    ["pile=x&party=x&building=%00&category=x&state=x&before=-1", "before=99999999999", "state=declined"],
)
def test_filters_that_mean_nothing_narrow_nothing(pages: Pages, query: str) -> None:
    assert pages.web(pages.upkeep.world.chen_jie).get(f"{pages.list}?{query}").status_code in {200, 422}


def test_ticked_orders_are_handed_on_together_or_not_at_all(
    pages: Pages, database: Database, now: datetime
) -> None:
    upkeep, committee = pages.upkeep, pages.upkeep.world.chen_jie
    with database.transaction() as session:
        upkeep.report(session, now)
        upkeep.report(session, now)
    shown = pages.web(committee).get(f"{pages.list}/bulk?n=1&n=3")
    assert shown.text.count("checked") == 2
    pages.post(committee, "decline", note="不在小区里")
    form = {"n": ["1", "2", "3"], "deed": "hand", "party": str(upkeep.builder)}
    refused = pages.web(committee).post(f"{pages.list}/bulk", form)
    assert refused.status_code == 409
    assert "第 1 号：" in refused.text
    with database.session(writing=False) as session:
        assert {order.party_id for order in session.exec(select(WorkOrder))} == {upkeep.manager}
    done = pages.web(committee).post(f"{pages.list}/bulk", {**form, "n": ["2", "3"]})
    assert done.status_code == 303
    for who, status in ((upkeep.world.ma_chao, 403), (upkeep.world.zhou_tao, 404)):
        assert pages.web(who).post(f"{pages.list}/bulk", form).status_code == status
    assert pages.web(committee).post(f"{pages.list}/bulk", {"n": "2"}).status_code == 422


def test_a_ready_answer_is_put_into_the_form_without_script(pages: Pages) -> None:
    worker, address = pages.upkeep.world.ma_chao, f"{pages.list}/templates"
    form = {
        "id": str(uuid4()),
        "party": str(pages.upkeep.manager),
        "category": "",
        "title": "等配件",
        "text": "配件已订，三天内到货。",
    }
    for _ in range(2):
        assert pages.web(worker).post(address, form).status_code == 303
    assert "等配件" in pages.web(worker).get(address).text
    pages.accept(worker, datetime(2026, 11, 23, 2, tzinfo=UTC))
    filled = pages.get(worker, f"/wait?template={form['id']}")
    assert "配件已订，三天内到货。</textarea>" in filled.text
    assert "配件已订" not in pages.get(worker, f"/wait?template={uuid4()}").text
    foreign = pages.web(pages.upkeep.world.qian_er).post(f"{address}/{form['id']}/retire")
    assert foreign.status_code == 404
    assert pages.web(worker).post(f"{address}/{form['id']}/retire").status_code == 303
    with pages.database.session(writing=False) as session:
        assert session.exec(select(AnswerTemplate.retired_at)).one() is not None
