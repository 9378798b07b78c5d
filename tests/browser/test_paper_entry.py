"""A sheet is printed, comes back, is photographed, and keyed by two people who do not see each other; on a telephone."""

from __future__ import annotations

import io
import re
from urllib.parse import urljoin
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlmodel import col, select

from app.config import Settings
from app.models.votes import BallotChannel, BallotCurrent, RollEntry, RollVoter, Vote
from app.models.votes.paper import PaperSheet, SheetState
from app.services.votes import paper_codes
from tests.browser.site import SLUG, Site
from tests.browser.test_pages import grave_faults, misfits

pytestmark = pytest.mark.browser

TITLE = "3号楼1单元加装电梯"


def scan() -> dict[str, object]:
    drawn = io.BytesIO()
    Image.new("RGB", (1200, 1600), "ivory").save(drawn, "JPEG")
    return {"name": "票.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}


def home_without_ballot(site: Site, vote: Vote, taken: set[UUID]) -> RollEntry:
    with site.database.session(writing=False) as session:
        cast = set(session.exec(select(BallotCurrent.unit_id).where(BallotCurrent.vote_id == vote.id)))
        sheets = set(session.exec(select(PaperSheet.unit_id).where(PaperSheet.vote_id == vote.id)))
        signed = set(session.exec(select(RollVoter.unit_id).where(RollVoter.vote_id == vote.id)))
        query = select(RollEntry).where(RollEntry.vote_id == vote.id).order_by(col(RollEntry.room))
        free = signed - cast - sheets - taken
        return next(home for home in session.exec(query) if home.unit_id in free)


def live_sheet(site: Site, vote: Vote, unit_id: UUID) -> PaperSheet:
    with site.database.session(writing=False) as session:
        query = select(PaperSheet).where(
            PaperSheet.vote_id == vote.id,
            PaperSheet.unit_id == unit_id,
            PaperSheet.state != SheetState.VOID,
        )
        return session.exec(query).one()


def see_pdf(route: Route) -> None:
    """Look at the PDF in the place of the browser, whose reader for such files is no page of ours."""
    sent = route.fetch(max_redirects=0)
    assert sent.status == 303
    answer = route.fetch(url=urljoin(route.request.url, sent.headers["location"]), method="GET")
    assert answer.headers["content-type"] == "application/pdf"
    pages = len(re.findall(rb"/Type /Page\b", answer.body()))
    route.fulfill(status=200, content_type="text/html", body=f"<h1>{pages} pages</h1>")


def printed(page: Page, site: Site, vote: Vote, unit_id: UUID) -> str:
    """Print one home's sheet; the address in its QR."""
    page.goto(f"{site.desk()}/votes/{vote.id}")
    page.get_by_role("link", name="票柜").click()
    page.get_by_label("只印一套").select_option(str(unit_id))
    page.route("**/paper/print", see_pdf)
    page.get_by_role("button", name="印这一套").click()
    expect(page.get_by_role("heading", name="2 pages")).to_be_visible()
    secret = Settings(_env_file=None, data_dir=site.folder, demo=True).resolved_secret()
    serial = live_sheet(site, vote, unit_id).serial
    return paper_codes.qr_address(site.url, SLUG, vote.id, serial, secret)


def key(page: Page, url: str, choice: str) -> None:
    page.goto(url)
    expect(page.get_by_text("二维码核对无误")).to_be_visible()
    if page.get_by_role("button", name="看照片").count():
        page.get_by_role("button", name="看照片").click()
    expect(page.get_by_role("img", name="票的照片 1")).to_be_visible()
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_label(choice).first.check()
    page.get_by_role("button", name="录入", exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_two_people_enter_a_sheet_and_the_home_has_voted(signed_in, site: Site, script: bool) -> None:
    vote = site.vote(TITLE)
    chen, zhao = (signed_in(name, java_script_enabled=script) for name in ("陈洁", "赵敏"))
    home = home_without_ballot(site, vote, set())
    url = printed(chen, site, vote, home.unit_id)

    chen.goto(url)
    chen.get_by_role("button", name="登记交回").click()
    expect(chen.get_by_role("alert")).to_contain_text("没有照片不能录入")
    chen.get_by_label("票的照片").set_input_files([scan()])
    chen.get_by_role("button", name="登记交回").click()
    expect(chen.get_by_text("已交回，等录入")).to_be_visible()

    key(chen, url, "反对")
    expect(chen.get_by_role("status").filter(has_text="换一个人再录一次")).to_be_visible()
    chen.goto(url)
    expect(chen.get_by_text("您已经录过这张票")).to_be_visible()
    expect(chen.get_by_role("button", name="录入", exact=True)).to_have_count(0)

    key(zhao, url, "反对")
    expect(zhao.get_by_role("status").filter(has_text="已计入")).to_be_visible()
    with site.database.session(writing=False) as session:
        ballot = session.get_one(BallotCurrent, (vote.id, home.unit_id))
        assert ballot.channel is BallotChannel.PAPER
    assert live_sheet(site, vote, home.unit_id).state is SheetState.COUNTED


def test_two_who_differ_leave_it_to_a_third(signed_in, site: Site) -> None:
    vote = site.vote(TITLE)
    chen, zhao = signed_in("陈洁"), signed_in("赵敏")
    home = home_without_ballot(site, vote, set())
    url = printed(chen, site, vote, home.unit_id)
    chen.goto(url)
    chen.get_by_label("票的照片").set_input_files([scan()])
    chen.get_by_role("button", name="登记交回").click()
    key(chen, url, "同意")
    key(zhao, url, "反对")
    expect(zhao.get_by_role("status").filter(has_text="不一致")).to_be_visible()
    zhao.goto(url)
    expect(zhao.get_by_text("等第三人").first).to_be_visible()
    expect(zhao.get_by_role("button", name="录入", exact=True)).to_have_count(0)


def test_the_pages_of_paper_fit_a_telephone_and_everybody(signed_in, site: Site) -> None:
    vote, faults = site.vote(TITLE), []
    chen, zhao = signed_in("陈洁"), signed_in("赵敏")
    first = home_without_ballot(site, vote, set())
    second = home_without_ballot(site, vote, {first.unit_id})
    out, back = (printed(chen, site, vote, home.unit_id) for home in (first, second))
    chen.goto(back)
    chen.get_by_label("票的照片").set_input_files([scan()])
    chen.get_by_role("button", name="登记交回").click()
    expect(chen.get_by_text("已交回，等录入")).to_be_visible()
    base = f"{site.desk()}/votes/{vote.id}/paper"
    stops = (
        (chen, base),
        (chen, out),
        (chen, back),
        (zhao, base),
        (zhao, back),
        (chen, f"{base}/deliveries"),
        (chen, f"{base}/deliveries/{first.unit_id}"),
        (chen, f"{base}/sample"),
    )
    for page, address in stops:
        page.goto(address)
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        faults += [f"{address}: {fault}" for fault in grave_faults(page) + misfits(page)]
        page.set_viewport_size({"width": 390, "height": 844})
    assert not faults, "\n".join(faults)
