"""A form with more fields than it has changes nothing more: handlers name what they read, the few that cannot are named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.routers import ALL

REPO = Path(__file__).parents[3]
# Who reads a whole body: the names there depend on a paper, a questionnaire or a list that is not known before.
FREE = {
    "app/dependencies.py _drawn",  # pictures only, whatever their fields are called
    "app/dependencies.py _stored",  # handed to the address's own choice, which reads by name
    "app/routers/form_guard.py guard_form",  # the form's own token
    "app/routers/maintenance/hotline_desk.py _choices",  # choice-…, one for each row of a sheet
    "app/routers/maintenance/open311.py _body",  # parameters of a standard, read by name in app.rules.maintenance.open311
    "app/routers/maintenance/report_forms.py _read",  # answer-…, one for each question of a category
    "app/routers/maintenance/upkeep_desk.py _typed_lines",  # result-… and note-…, one pair for each line of a list
    "app/routers/proposals/settings.py _numbers",  # whole numbers whose names hold a point
    "app/routers/surveys/fields.py _typed",  # q-…
    "app/routers/votes/ballot.py _sent",  # answers to a paper
    "app/routers/votes/mandate_frames.py _sent_form",  # answers to a paper
    "app/routers/votes/paper_sheets.py _form",  # answers to a paper
    "app/routers/votes/rules_desk.py _typed",  # the figures of a set of rules
    "app/routers/votes/wizard_cost.py _typed",  # floor-… and unit-…
    "app/routers/votes/wizard_terms.py _typed",  # the figures of a set of rules
}
# Columns nobody sets by a form of that name; where a form has such a field it is the form's own business, named here.
PRIVILEGED = {
    "account_id": {"/demo/sign-in"},
    "area": {"/desk/{slug}/register/new", "/desk/{slug}/register/{unit_id:uuid}/edit"},
    "role": {"/desk/{slug}/roles", "/desk/{slug}/meetings/new", "/desk/{slug}/meetings/{meeting_id}/edit"},
    "state": {"/desk/{slug}/projects/{project_id}/tasks/{task_id}"},
    "closes_at": {
        "/desk/{slug}/surveys/{survey_id}/end",
        "/desk/{slug}/surveys/{survey_id}/open",
        "/desk/{slug}/votes/{vote_id}/extension",
    },
    "opens_at": {"/desk/{slug}/surveys/{survey_id}/open"},
    "result": {"/desk/{slug}/orders/{order_id:uuid}/call-back"},
    **{
        name: set()
        for name in (
            "actor", "actor_id", "actor_name", "author_id", "badge", "bound_at", "checked_at", "committee", "created_at",
            "duty", "estate_id", "granted_at", "head_hash", "hidden_at", "is_staff", "noticed_at", "now", "operator",
            "posted_at", "received_at", "recorded_at", "revoked_at", "roll_hash", "roles", "sealed", "session_id", "slug",
            "tally", "text_hash", "token_hash", "verified", "vote_id", "withdrawn_at",
        )
    },
}  # fmt: skip


def test_whoever_reads_a_whole_body_is_named_here() -> None:
    found = {
        f"{path.relative_to(REPO)} {function.name}"
        for path in sorted((REPO / "app").rglob("*.py"))
        if "request" in (text := path.read_text(encoding="utf-8"))
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if re.search(r"\brequest\.(form|body|stream|json)\(", ast.unparse(function))
    }
    assert found == FREE


def body_fields(dependant: Any) -> Iterator[Any]:
    yield from dependant.body_params
    for inner in dependant.dependencies:
        yield from body_fields(inner)


def routes_of(routes: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes, prefix + route.include_context.prefix)
        elif route.methods - {"GET", "HEAD"}:
            yield prefix + route.path, route


POSTS = [found for router in ALL for found in routes_of(router.routes)]


def test_no_handler_takes_a_mapping_or_a_model_for_its_body() -> None:
    kinds = {str(one.field_info.annotation) for _, route in POSTS for one in body_fields(route.dependant)}
    single = r"(fastapi\.datastructures\.UploadFile \| )?str"
    known = re.compile(
        rf"<class '(str|int|uuid\.UUID)'>|{single} \| None|(list|collections\.abc\.Sequence)\[{single}\]( \| None)?"
    )
    assert {kind for kind in kinds if not known.fullmatch(kind)} == set()
    assert len(POSTS) > 200


def test_a_field_with_the_name_of_a_guarded_column_belongs_to_a_form_named_here() -> None:
    found: dict[str, set[str]] = {name: set() for name in PRIVILEGED}
    for path, route in POSTS:
        for one in body_fields(route.dependant):
            if one.alias in found:
                found[one.alias].add(path)
    assert found == PRIVILEGED
