"""The pages of the people's side: policy cards, surveys, meetings, mediation, credits, and the offices around them."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.stop import Stop

HOME, DESK = "/e/xingfuli", "/desk/xingfuli"


def _stops(who: str, places: dict[str, str]) -> list[Stop]:
    return [Stop(name, who, path) for name, path in places.items()]


def look(page: Page) -> None:
    """What she opens stays open for half an hour only."""
    page.locator("[name=reason]").last.fill("核对一次志愿服务的登记")
    page.locator("main form .button").last.click()
    page.wait_for_url("**/looks/**")


def guide_pages() -> list[Stop]:
    owner = {
        "guides": HOME + "/guides",
        "guide": HOME + "/guides/{guide}",
        "guide-outdated": HOME + "/guides/{guide-outdated}",
        "guide-print": HOME + "/guides/{guide}/print",
        "guide-questions": HOME + "/guides/questions",
    }
    explainer = {
        "guide-desk": DESK + "/guides",
        "guide-desk-card": DESK + "/guides/{guide}",
        "guide-new": DESK + "/guides/new",
        "guide-write": DESK + "/guides/write?starter=subsidy",
        "guide-edit": DESK + "/guides/{guide}/edit",
        "guide-flag": DESK + "/guides/{guide}/flag",
        "guide-attach": DESK + "/guides/attach?kind=vote&subject={open}",
        "guide-waiting": DESK + "/guides/questions",
        "guide-answer": DESK + "/guides/questions/{question}",
    }
    return [*_stops("李秀英", owner), *_stops("郑晓岚", explainer)]


def survey_pages() -> list[Stop]:
    owner = {
        "surveys": HOME + "/surveys",
        "survey-fill": HOME + "/surveys/{survey}",
        "survey-result": HOME + "/surveys/{survey-closed}/results",
    }
    desk = {
        "survey-desk": DESK + "/surveys",
        "survey-desk-open": DESK + "/surveys/{survey}",
        "survey-preview": DESK + "/surveys/{survey}/preview",
        "survey-question": DESK + "/surveys/{survey}/questions/pay",
        "survey-question-new": DESK + "/surveys/{survey}/questions/new",
        "survey-desk-results": DESK + "/surveys/{survey-closed}/results",
        "survey-upload": DESK + "/surveys/{survey}/answers",
    }
    door = {"survey-rounds": DESK + "/surveys/rounds", "survey-door": DESK + "/surveys/{survey}/door"}
    return [
        *_stops("李秀英", owner),
        Stop("survey-thanks", "王建国", HOME + "/surveys/{survey-closed}/sheets/{sheet}"),
        *_stops("陈洁", desk),
        *_stops("赵敏", door),
    ]


def meeting_pages() -> list[Stop]:
    owner = {
        "meetings": HOME + "/meetings",
        "meeting-tasks": HOME + "/meetings/tasks",
        "meeting-coming": HOME + "/meetings/{meeting-coming}",
        "meeting-record": HOME + "/meetings/{meeting-record}",
        "meeting-print": HOME + "/meetings/{meeting-done}/print",
    }
    desk = {
        "meeting-desk": DESK + "/meetings",
        "meeting-desk-coming": DESK + "/meetings/{meeting-coming}",
        "meeting-form": DESK + "/meetings/{meeting-coming}/edit",
        "meeting-door": DESK + "/meetings/{meeting-now}/door",
        "meeting-screen": DESK + "/meetings/{meeting-now}/door/screen",
        "meeting-room": DESK + "/meetings/{meeting-now}/room",
        "meeting-objections": DESK + "/meetings/{meeting-record}/record",
        "meeting-draft": DESK + "/meetings/{meeting-now}/record",
        "meeting-draft-preview": DESK + "/meetings/{meeting-now}/record/preview",
    }
    return [
        *_stops("李秀英", owner),
        Stop("meeting-confirmed", "王建国", HOME + "/meetings/{meeting-done}"),
        Stop("meeting-running", "王建国", HOME + "/meetings/{meeting-now}"),
        Stop("meeting-here", "钱小雨", HOME + "/meetings/{meeting-now}/here?t=old"),
        *_stops("陈洁", desk),
    ]


def mediation_pages() -> list[Stop]:
    room, settled = HOME + "/mediation/{case}", HOME + "/mediation/{case-settled}"
    party = {
        "mediations": HOME + "/mediation",
        "mediation-new": HOME + "/mediation/new",
        "mediation-room": room,
        "mediation-offers": room + "/offers",
        "mediation-asked": HOME + "/mediation/{case-asking}",
    }
    mediator = {
        "mediation-list": HOME + "/mediation",
        "mediation-hand": HOME + "/mediation/hand",
        "mediation-waiting": HOME + "/mediation/waiting",
        "mediation-prepare": HOME + "/mediation/{case-preparing}/prepare",
        "mediation-settled": settled,
        "mediation-agreement": settled + "/agreement",
        "mediation-performing": settled + "/performing",
    }
    applicant = Stop("mediation-waits", "钱小雨", HOME + "/mediation/{case-waiting}")
    return [*_stops("李秀英", party), applicant, *_stops("冯玉清", mediator)]


def credit_pages() -> list[Stop]:
    owner = {
        "credits": HOME + "/credits",
        "rewards": HOME + "/credits/rewards",
        "honours": HOME + "/honours",
        "honours-print": HOME + "/honours/print",
    }
    desk = {
        "credit-desk": DESK + "/credits",
        "credit-people": DESK + "/credits/people?q=李",
        "credit-person": DESK + "/credits/people/{li}",
        "credit-rates": DESK + "/credits/rates",
        "credit-rewards": DESK + "/credits/rewards",
        "credit-redemptions": DESK + "/credits/redemptions",
        "credit-honours": DESK + "/credits/honours",
    }
    return [
        *_stops("李秀英", owner),
        Stop("credits-joining", "钱小雨", HOME + "/credits"),
        Stop("credit-look", "陈洁", DESK + "/credits/people/{li}", look),
        *_stops("陈洁", desk),
    ]


def office_pages() -> list[Stop]:
    return [
        Stop("naming-asked", "刘玉梅", HOME + "/homes/{501}/representative"),
        Stop("namings", "陈洁", DESK + "/namings"),
        Stop("bindings", "陈洁", DESK + "/bindings"),
        Stop("home-new", "陈洁", DESK + "/register/new"),
        Stop("home-remove", "陈洁", DESK + "/register/{402}/remove"),
        Stop("roles", "韩松", DESK + "/roles"),
        Stop("role-end", "韩松", DESK + "/roles/{grant}"),
    ]
