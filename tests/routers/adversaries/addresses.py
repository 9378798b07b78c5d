"""Every address of the app, and for every parameter in one the SQL that finds a real row for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.routers import ALL


@dataclass(frozen=True)
class Address:
    """A method, a pattern, and the names its handler reads from a form."""

    method: str
    pattern: str
    fields: tuple[str, ...]


def _walk(routes: Iterable[Any], prefix: str = "") -> Iterator[Address]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes, prefix + route.include_context.prefix)
        else:
            names = tuple(field.alias for field in route.dependant.body_params)
            for method in sorted(route.methods - {"HEAD"}):
                yield Address(method, prefix + route.path, names)


ADDRESSES = sorted(
    {address for router in ALL for address in _walk(router.routes)}, key=lambda one: (one.pattern, one.method)
)
INSIDE = [one for one in ADDRESSES if one.pattern.startswith(("/e/{slug}", "/desk/{slug}"))]

# The piece of an address (the longest one wins), and the row its parameters stand for; `:estate` is the estate's id.
_ROWS = {
    "/votes/{vote_id}": "SELECT id AS vote_id FROM vote WHERE state = 'open'",
    "/claims/{claim_id}": "SELECT id AS claim_id FROM claim",
    "/clocks/rules/{rule_id}": "SELECT id AS rule_id FROM clock_rule",
    "/consultation/catalogue/{key}": "SELECT key FROM catalogue_item",
    "/honours/{honour_id}": "SELECT id AS honour_id FROM credit_honour",
    "/looks/{look_id}": "SELECT id AS look_id FROM credit_look",
    "/people/{account_id}": "SELECT account_id FROM credit_member",
    "/redemptions/{redemption_id}": "SELECT id AS redemption_id FROM credit_redemption",
    "/rewards/{reward_id}": "SELECT id AS reward_id FROM credit_reward",
    "/deliberations/{thread_id}": "SELECT thread_id FROM post WHERE thread_id IN (SELECT thread_id FROM statement)",
    "/threads/{thread_id}": "SELECT thread_id FROM post",
    "/posts/{seq}": "SELECT seq FROM post",
    "/deliberations/{thread_id}/statements/{number}": "SELECT thread_id, number FROM statement",
    "{proposal_id}": "SELECT id AS proposal_id FROM proposal WHERE state = 'gathering'",
    "/facilities/phones/{phone_id}": "SELECT id AS phone_id FROM local_phone",
    "/facilities/{place_id}": "SELECT place_id FROM warranty_item",
    "/facilities/{place_id}/items/{item_id}": "SELECT place_id, id AS item_id FROM warranty_item",
    "/hardship/{hardship_id}": "SELECT id AS hardship_id FROM hardship",
    "{unit_id}": "SELECT unit_id FROM roll_entry WHERE vote_id = (SELECT id FROM vote WHERE state = 'open')",
    "/services/{service_id}": "SELECT service_id FROM service_deed",
    "/services/{service_id}/deeds/{deed_id}": "SELECT service_id, id AS deed_id FROM service_deed",
    "/guides/questions/{question_id}": "SELECT id AS question_id FROM guide_question WHERE state = 'waiting'",
    "/guides/{guide_id}": "SELECT guide_id FROM guide_publication",
    "/meetings/{meeting_id}": "SELECT meeting_id FROM meeting_speech",
    "{attendance_id}": "SELECT meeting_id, attendance_id FROM meeting_speech",
    "/room/{speech_id}": "SELECT meeting_id, id AS speech_id FROM meeting_speech",
    "/tasks/{position}": "SELECT meeting_id, position FROM meeting_point JOIN meeting_record r ON r.id = record_id",
    "/moderation/appeals/{number}": "SELECT number FROM moderation_act WHERE id IN (SELECT act_id FROM appeal)",
    "/moderation/mutes/{number}": "SELECT number FROM moderation_act WHERE id IN (SELECT act_id FROM mute)",
    "/moderation/{number}": "SELECT number FROM moderation_act",
    "{naming_id}": "SELECT unit_id, id AS naming_id FROM representative_naming",
    "/open311/{client_id}": "SELECT id AS client_id FROM api_client",
    "{order_id}": "SELECT order_id FROM joiner",
    "/held/{order_id}": "SELECT id AS order_id FROM work_order WHERE held",
    "/orders/appeals/{appeal_id}": "SELECT id AS appeal_id FROM order_appeal",
    "/documents/{file_id}": "SELECT order_id, file_id FROM cost_line",
    "/photos/{photo_id}": "SELECT order_id, id AS photo_id FROM order_photo",
    "/templates/{template_id}": "SELECT id AS template_id FROM answer_template",
    "/duties/{duty_id}": "SELECT id AS duty_id FROM responsibility",
    "/parties/{party_id}": "SELECT party_id FROM party_staff JOIN party ON party.id = party_id WHERE estate_id = :estate",
    "/staff/{account_id}": "SELECT party_id, account_id FROM party_staff JOIN party ON party.id = party_id WHERE estate_id = :estate",
    "/projects/{project_id}": "SELECT project_id FROM project_task",
    "/tasks/{task_id}": "SELECT project_id, id AS task_id FROM project_task",
    "/import/{import_id}": "SELECT id AS import_id FROM register_import",
    "/owners/{owner_id}": "SELECT unit_id, owner_id FROM ownership JOIN unit ON unit.id = unit_id WHERE estate_id = :estate",
    "/residents/{account_id}": "SELECT unit_id, account_id FROM residence JOIN unit ON unit.id = unit_id WHERE estate_id = :estate",
    "/roles/{grant_id}": "SELECT id AS grant_id FROM role_grant WHERE estate_id = :estate",
    "/surveys/{survey_id}": "SELECT survey_id FROM answer_sheet",
    "/questions/{key}": "SELECT 'pay' AS key",
    "/sheets/{sheet_id}": "SELECT survey_id, id AS sheet_id FROM answer_sheet",
    "/plans/{plan_id}": "SELECT id AS plan_id FROM inspection_plan",
    "/upkeep/{plan_id}": "SELECT id AS plan_id FROM inspection_plan",
    "/rounds/{round_id}": "SELECT id AS round_id FROM inspection WHERE done_at IS NULL",
    "/attachments/{file_id}": "SELECT vote_id, file_id FROM vote_attachment",
    "/corrections/{correction_id}": "SELECT vote_id, id AS correction_id FROM roll_correction",
    "/extension/{extension_id}": "SELECT vote_id, id AS extension_id FROM vote_extension",
    "/mandates/{mandate_id}": "SELECT vote_id, id AS mandate_id FROM mandate",
    "/mandates/{mandate_id}/files/{file_id}": "SELECT vote_id, id AS mandate_id, file_id FROM mandate",
    "/objections/{objection_id}": "SELECT vote_id, id AS objection_id FROM objection",
    "/questions/{place}": "SELECT 1 AS place",
    "/paper/{serial}": "SELECT vote_id, serial FROM paper_sheet",
    "/scans/{scan_id}": "SELECT vote_id, serial, s.id AS scan_id FROM paper_scan s JOIN paper_sheet p ON p.id = sheet_id",
    "/files/{file_id}": "SELECT file_id FROM post_file",
    "/mediation/{case_id}": "SELECT case_id FROM mediation_file",
    "/waiting/{case_id}": "SELECT id AS case_id FROM mediation_case WHERE state = 'waiting'",
    "/mediation/{case_id}/files/{file_id}": "SELECT case_id, file_id FROM mediation_file",
    "/offers/{offer_id}": "SELECT case_id, id AS offer_id FROM mediation_offer",
    "/checks/{check_id}": "SELECT case_id, id AS check_id FROM mediation_check",
    "/prepare/parties/{party_id}": "SELECT case_id, account_id AS party_id FROM mediation_party",
    "/outcomes/{publication_id}": "SELECT id AS publication_id FROM publication",
    # A full package is made for the one form that ordered it, and kept nowhere.
    "/full/{export_id}": "SELECT id AS export_id FROM vote",
    "/bindings/{binding_id}": "SELECT id AS binding_id FROM staff_binding",
    "/q/{code}": "SELECT code FROM place WHERE code <> ''",
    "/r/{token}": "SELECT 'no-such-link' AS token",
    "/devices/{session_id}": "SELECT id AS session_id FROM login_session",
}
# Words, not ids.
_WORDS = {"kind": "notice", "deed": "accept", "verb": "hide", "duty": "mediator"}


class Unmapped(AssertionError):
    """A parameter nobody has given a row for; add a line to `_ROWS`."""


def parameters(connection: sa.Connection, pattern: str, estate_id: UUID) -> dict[str, str]:
    """A value for each parameter of an address, all of one row and its parents where they belong together."""
    plain = re.sub(r"{(\w+):\w+}", r"{\1}", pattern)
    wanted = set(re.findall(r"{(\w+)}", plain)) - {"slug"}
    found: dict[str, str] = {}
    for piece in sorted((piece for piece in _ROWS if piece in plain), key=len, reverse=True):
        names = set(re.findall(r"{(\w+)}", piece))
        if not names - found.keys():
            continue
        row = (
            connection.execute(sa.text(_oldest_first(_ROWS[piece])), {"estate": estate_id.hex})
            .mappings()
            .first()
        )
        if row is None:
            raise Unmapped(f"no row for {piece} of {pattern}")
        found = {**{name: _plain(value) for name, value in row.items()}, **found}
    found |= {name: _WORDS[name] for name in wanted - found.keys() if name in _WORDS}
    if wanted - found.keys():
        raise Unmapped(f"{sorted(wanted - found.keys())} of {pattern}")
    return {name: found[name] for name in wanted}


def _oldest_first(query: str) -> str:
    """Ids are drawn by lot, and an index over them would give every run another row."""
    table = re.search(r" FROM (\w+)(?: (?!JOIN|WHERE)(\w+))?", query)
    return f"{query} ORDER BY {table[2] or table[1]}.rowid" if table else query


def _plain(value: Any) -> str:
    """SQLite keeps an id as 32 hexadecimal digits."""
    text = str(value)
    return str(UUID(text)) if re.fullmatch("[0-9a-f]{32}", text) else text


def fill(pattern: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:\w+)?}", lambda place: values[place[1]], pattern)


_KINDS = {"int": r"\d+", "uuid": "[0-9a-f-]{36}"}


def shape_of(pattern: str) -> re.Pattern[str]:
    """What fits the pattern; a path with words in place of parameters may fit several."""
    return re.compile(re.sub(r"{\w+(?::(\w+))?}", lambda place: _KINDS.get(place[1], "[^/]+"), pattern))
