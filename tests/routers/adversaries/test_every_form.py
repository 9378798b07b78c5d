"""Every form the pages show, sent twice and with fields too many: what is done is done once, and only what was asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.fixtures.time import Clock
from tests.routers.adversaries.addresses import ADDRESSES, fill, parameters
from tests.routers.adversaries.conftest import Site, open_site
from tests.routers.adversaries.estates import SLUG, Two
from tests.routers.adversaries.typed import Typist
from tests.routers.adversaries.walking import Lots, Outcome, Walk

HOME, DESK = f"/e/{SLUG}", f"/desk/{SLUG}"
# Who reads every page there is under an address.
READERS = (("陈洁", "/"), ("王建国", "/me"))
# Who else sees forms, from which page he comes, and how many links deep they are.
WAYS = (
    ("陈洁", f"{DESK}/votes", 2),
    ("陈洁", f"{DESK}/surveys", 2),
    ("陈洁", f"{DESK}/meetings", 2),
    ("陈洁", f"{DESK}/orders", 2),
    ("陈洁", f"{DESK}/deliberations", 2),
    ("陈洁", f"{DESK}/moderation", 1),
    ("陈洁", f"{DESK}/register/import", 2),
    ("陈洁", f"{HOME}/meetings", 1),
    ("陈洁", f"{HOME}/votes", 2),
    ("王建国", f"{HOME}/votes", 2),
    ("王建国", f"{HOME}/maintenance", 1),
    ("王建国", f"{HOME}/mediation", 1),
    ("王建国", f"{HOME}/meetings", 1),
    ("王建国", f"{HOME}/proposals", 1),
    ("李秀英", f"{HOME}/mediation", 2),
    ("李秀英", f"{HOME}/proposals", 2),
    ("冯玉清", f"{HOME}/mediation", 2),
    ("孙立平", f"{DESK}/duties", 0),
    ("王建国", f"{HOME}/credits", 1),
    ("孙立平", f"{HOME}/proposals", 1),
    ("高建国", f"{HOME}/surveys", 1),
    ("韩松", f"{DESK}/clocks/calendar", 0),
    ("韩松", f"{DESK}/roles", 1),
)
TRAIL = {"trail_head", "trail_row"}
CODE = {"message", "sign_in_code", *TRAIL}
# The steps towards a vote, each with a form of its own.
STEPS = ("question", "questions/0", "questions", "scope", "cost", "terms", "preview", "notice")
DRAFT = "SELECT id FROM vote WHERE state = 'draft' AND title LIKE '5号楼%'"
# Not taken in this walk: nobody of it is shown the form in the furnished estate, or it asks for what only another page,
# a letter, a telephone or a second person knows. Some of them come on some days only.
NOT_TAKEN = {
    "/desk/{slug}/bindings/{binding_id:uuid}/check",
    "/desk/{slug}/credits/honours",
    "/desk/{slug}/deliberations/new",
    "/desk/{slug}/deliberations/{thread_id}/minutes/project",
    "/desk/{slug}/deliberations/{thread_id}/minutes/publish",
    "/desk/{slug}/deliberations/{thread_id}/minutes/start",
    "/desk/{slug}/deliberations/{thread_id}/minutes/vote",
    "/desk/{slug}/fees/services/{service_id:uuid}/import",
    "/desk/{slug}/fees/services/{service_id:uuid}/import/confirm",
    "/desk/{slug}/guides/attach",
    "/desk/{slug}/meetings/{meeting_id}/invite",
    "/desk/{slug}/meetings/{meeting_id}/record/minutes",
    "/desk/{slug}/meetings/{meeting_id}/record/put",
    "/desk/{slug}/meetings/{meeting_id}/record/start",
    "/desk/{slug}/orders/bulk",
    "/desk/{slug}/orders/templates",
    "/desk/{slug}/orders/templates/{template_id:uuid}/retire",
    "/desk/{slug}/orders/{order_id:uuid}/call-back",
    "/desk/{slug}/orders/{order_id:uuid}/show",
    "/desk/{slug}/projects/new",
    "/desk/{slug}/projects/{project_id}/tasks/{task_id}",
    "/desk/{slug}/register/import/{import_id:uuid}/removals",
    "/desk/{slug}/register/{unit_id:uuid}/owners/{owner_id:uuid}/merge",
    "/desk/{slug}/register/{unit_id:uuid}/remove",
    "/desk/{slug}/surveys/{survey_id}/answers",
    "/desk/{slug}/surveys/{survey_id}/door",
    "/desk/{slug}/surveys/{survey_id}/door/sheets",
    "/desk/{slug}/surveys/{survey_id}/drop",
    "/desk/{slug}/surveys/{survey_id}/questions/{key}/remove",
    "/desk/{slug}/votes/{vote_id}/assist",
    "/desk/{slug}/votes/{vote_id}/assist/ballot",
    "/desk/{slug}/votes/{vote_id}/assist/confirm",
    "/desk/{slug}/votes/{vote_id}/assist/witness",
    "/desk/{slug}/votes/{vote_id}/corrections/{correction_id}",
    "/desk/{slug}/votes/{vote_id}/discard",
    "/desk/{slug}/votes/{vote_id}/extension",
    "/desk/{slug}/votes/{vote_id}/mandates",
    "/desk/{slug}/votes/{vote_id}/mandates/{mandate_id}/check",
    "/desk/{slug}/votes/{vote_id}/mandates/{mandate_id}/end",
    "/desk/{slug}/votes/{vote_id}/paper/find",
    "/desk/{slug}/votes/{vote_id}/paper/sample",
    "/desk/{slug}/votes/{vote_id}/paper/sample/compared",
    "/desk/{slug}/votes/{vote_id}/paper/sample/look",
    "/desk/{slug}/votes/{vote_id}/paper/{serial}/enter",
    "/desk/{slug}/votes/{vote_id}/paper/{serial}/look",
    "/desk/{slug}/votes/{vote_id}/paper/{serial}/return",
    "/desk/{slug}/votes/{vote_id}/paper/{serial}/scans",
    "/desk/{slug}/votes/{vote_id}/paper/{serial}/void",
    "/desk/{slug}/votes/{vote_id}/postings",
    "/desk/{slug}/votes/{vote_id}/questions/{place}/move",
    "/desk/{slug}/votes/{vote_id}/questions/{place}/remove",
    "/desk/{slug}/votes/{vote_id}/repeat",
    "/e/{slug}/claims/{claim_id:uuid}/withdraw",
    "/e/{slug}/deliberations/{thread_id}/posts/{seq}/answer",
    "/e/{slug}/deliberations/{thread_id}/statements/{number}/mark",
    "/e/{slug}/homes/{unit_id:uuid}/representative",
    "/e/{slug}/homes/{unit_id:uuid}/representative/{naming_id:uuid}/agree",
    "/e/{slug}/homes/{unit_id:uuid}/representative/{naming_id:uuid}/refuse",
    "/e/{slug}/homes/{unit_id:uuid}/representative/{naming_id:uuid}/withdraw",
    "/e/{slug}/join/claim",
    "/e/{slug}/join/confirm",
    "/e/{slug}/join/prove",
    "/e/{slug}/letters",
    "/e/{slug}/maintenance/new/join",
    "/e/{slug}/maintenance/new/near",
    "/e/{slug}/maintenance/{order_id:uuid}/answer",
    "/e/{slug}/maintenance/{order_id:uuid}/appeal",
    "/e/{slug}/maintenance/{order_id:uuid}/inform",
    "/e/{slug}/maintenance/{order_id:uuid}/rate",
    "/e/{slug}/maintenance/{order_id:uuid}/reopen",
    "/e/{slug}/mediation/{case_id:uuid}/agreement/paper",
    "/e/{slug}/mediation/{case_id:uuid}/performing/checks/{check_id:uuid}/remarks",
    "/e/{slug}/mediation/{case_id:uuid}/prepare/parties",
    "/e/{slug}/meetings/{meeting_id}/here",
    "/e/{slug}/moderation/{number:int}/appeal",
    "/e/{slug}/votes/{vote_id}/mandates/{mandate_id}/accept",
    "/e/{slug}/votes/{vote_id}/mandates/{mandate_id}/ballot",
    "/e/{slug}/votes/{vote_id}/mandates/{mandate_id}/ballot/confirm",
    "/e/{slug}/votes/{vote_id}/mandates/{mandate_id}/refuse",
    "/me/devices/{session_id}/end",
    "/me/second-factor/set-up",
    "/q/{code}/report",
    "/sign-in/code",
    "/sign-in/confirm",
    "/sign-in/confirm/new",
    "/sign-in/desk",
    "/sign-in/second",
}
# Taken as they stood on the page, and so nothing was to be written: a page to confirm, or what is so already.
WROTE_NOTHING = {
    "/desk/{slug}/consultation",
    "/desk/{slug}/deliberations/{thread_id}/moderators",
    "/desk/{slug}/deliberations/{thread_id}/plan",
    "/desk/{slug}/facilities/grow",
    "/desk/{slug}/facilities/{place_id:uuid}",
    "/desk/{slug}/facilities/{place_id:uuid}/items/{item_id:uuid}",
    "/desk/{slug}/fees/homes",
    "/desk/{slug}/fees/services/{service_id:uuid}/charge",
    "/desk/{slug}/meetings/{meeting_id}/room",
    "/desk/{slug}/orders/hotline/preview",
    "/desk/{slug}/parties/{party_id:uuid}",
    "/desk/{slug}/register/import/{import_id:uuid}/doubles",
    "/desk/{slug}/register/{unit_id:uuid}/owners/{owner_id:uuid}/edit",
    "/desk/{slug}/rules",
    "/desk/{slug}/stickers/grow",
    "/desk/{slug}/votes/{vote_id}/cost",
    "/desk/{slug}/votes/{vote_id}/outcome/{kind}",
    "/desk/{slug}/votes/{vote_id}/questions/{place}",
    "/desk/{slug}/votes/{vote_id}/scope",
    "/desk/{slug}/votes/{vote_id}/terms",
    "/e/{slug}/votes/{vote_id}/ballot/confirm",
    "/settings/display",
}
# What a second sending may write once more, and why.
AGAIN = {
    # Every sign-in is a session.
    "/demo/sign-in": {"login_session"},
    # Every look at what is private is put down, the second as the first.
    "/desk/{slug}/orders/{order_id:uuid}/contact": TRAIL,
    "/desk/{slug}/surveys/{survey_id}/export.xlsx": TRAIL,
    "/e/{slug}/votes/{vote_id}/evidence/full/{export_id}": {"ballot_look", *TRAIL},
    # Who vouches for a number does so anew each time, for a reason of its own.
    "/desk/{slug}/roles/{grant_id:uuid}/confirm-number": TRAIL,
    # Kept as a hash only: whoever lost the page needs another code, and the one before is void.
    "/desk/{slug}/register/{unit_id:uuid}/owners/{owner_id:uuid}/code": {"staff_binding", *CODE},
    "/desk/{slug}/register/{unit_id:uuid}/residents/{account_id:uuid}/code": CODE,
    "/desk/{slug}/roles/{grant_id:uuid}/code": CODE,
    "/desk/{slug}/votes/{vote_id}/codes/home": {"household_code", *TRAIL},
    # Whoever begins anew gets another secret; only the last one can be confirmed.
    "/me/second-factor": {"second_factor"},
}


def make_real(site: Site) -> None:
    """The one row the furnished estate has of a rule of time is for a category that is none; no page of it opens."""
    with site.database.engine.begin() as connection:
        kept = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'clock_rule'"
        for name in connection.scalars(sa.text(kept)).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.exec_driver_sql("DELETE FROM clock_rule")


def walk_all(sites: list[Site], patch: pytest.MonkeyPatch) -> dict[str, Outcome]:
    plain, more = sites
    for site in sites:
        make_real(site)
    with plain.database.engine.connect() as connection:
        typist = Typist(connection, plain.clock())
        pages = {
            one.pattern: fill(
                one.pattern, {"slug": SLUG, **parameters(connection, one.pattern, plain.two.estate_id)}
            )
            for one in ADDRESSES
            if one.method == "GET" and "{rule_id}" not in one.pattern
        }
        draft = UUID(connection.scalar(sa.text(DRAFT)))
    walk = Walk((plain, more), typist, Lots(patch))
    for who, under in READERS:
        for pattern, path in pages.items():
            if pattern.startswith(under):
                walk.visit(who, path)
    for who, path, deep in WAYS:
        walk.come(who, path, deep)
    for step in STEPS:
        walk.visit("陈洁", f"{DESK}/votes/{draft}/{step}")
    return walk.outcomes


@pytest.fixture
def both(
    furnished: tuple[Path, Two, Clock], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Site]]:
    source, two, clock = furnished
    folder = tmp_path_factory.mktemp("forms")
    with ExitStack() as opened:
        yield [
            opened.enter_context(contextmanager(open_site)(copy, two, Clock(clock())))
            for copy in (Path(shutil.copytree(source, folder / name)) for name in ("plain", "more"))
        ]


# One test, because the walk is long and its parts fall to different workers.
def test_every_form_does_its_deed_once_and_no_more_than_it_asks_for(
    both: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = walk_all(both, monkeypatch)
    taken = {pattern: one for pattern, one in outcomes.items() if one.statuses}
    assert {
        pattern: rows
        for pattern, one in taken.items()
        if (
            rows := {
                table: rows for table, rows in one.again.items() if table not in AGAIN.get(pattern, set())
            }
        )
    } == {}
    assert {pattern: one.extra for pattern, one in taken.items() if one.extra} == {}
    assert {
        pattern: one.statuses for pattern, one in taken.items() if one.statuses[0] != one.statuses[1]
    } == {}
    posts = {one.pattern for one in ADDRESSES if one.method == "POST"}
    assert posts - taken.keys() <= NOT_TAKEN
    assert posts >= NOT_TAKEN  # no line for a form that is gone
    assert {pattern for pattern, one in taken.items() if not one.wrote} <= WROTE_NOTHING
    assert len(taken) >= 200
