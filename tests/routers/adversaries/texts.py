"""Hostile texts, the harmless text of the same shape, and both put into every place where people write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString, SQLModel

VECTORS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//x.example/a.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror='alert(1)'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>a</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>a</mi></math>",
    "<a href=javascript:alert(1)>看这里</a>",
    "<a href='JaVaScRiPt:alert(1)'>看这里</a>",
    "<iframe srcdoc='<b onclick=alert(1)>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=//x.example/a.swf>",
    "<form action=//x.example><input name=csrf>",
    "<button formaction=//x.example>好</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<body onload=alert(1)>",
    "<base href=//x.example/>",
    "<meta http-equiv=refresh content='0;url=//x.example'>",
    "<link rel=stylesheet href=//x.example/a.css>",
    "<style>*{background:red}</style>",
    "<b style=position:fixed>大字</b>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "</textarea><img src=x onerror=alert(1)>",
    "</title><img src=x onerror=alert(1)>",
    "</option></select><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "--><img src=x onerror=alert(1)><!--",
    "]]><img src=x onerror=alert(1)><![CDATA[",
    "{{61*67}}",
    "{{'7'*9}}${61*67}#{61*67}<%=61*67%>",
    "{% raw %}{{61*67}}{% endraw %}",
    "{% for a in [1] %}<b>{{61*67}}</b>{% endfor %}{# #}",
    "%(name)s {name} %s {0} %n",
    "&lt;img src=x onerror=alert(1)&gt; &#60;b&#62;",
    "<img src=x onerror=alert(1)> ﹤b﹥",
    "\u02ba onclick=alert(1) \u2039b\u203a <\u0130mg>",
)
# What a template would have worked out of them.
WORKED_OUT = ("4087", "777777777")
_MARKS = str.maketrans(dict.fromkeys("<>\"'`&{}%$#=:/()[];!*", "丶"))

# Not written by anybody: keys, hashes, codes, numbers, states, addresses of ours; and what only a machine reads.
_NOT_TEXT = re.compile(
    r"hash|digest|sha256|fingerprint|root|(^|_)(key|code|serial|revision|receipt|payload|leaf|head|tag|phone|phones|number"
    r"|slug|template|link|address|device|media_type|media_url|month|quarter|category|rule|rules|hours|badge|kind|identity"
    r"|stamp|boxes|withheld|subject|source_key|act|tally|zipcode|item_key|accepted_by|silent|cost|support|danger|refusal"
    r"|media|url|present|preview|words|report|looked_at|error|recipient|document|draft|subject_kind)$"
)
# These columns have such a name, and people write into them all the same.
_TEXT = {
    ("consultation_settings", "words"),
    ("fee_service", "document"),
    ("responsibility", "document"),
    ("warranty_item", "document"),
    ("survey", "draft"),
    ("survey_edition", "document"),
    ("inspection_plan", "checklist"),
}
_NO_TABLES = (
    "alembic",
    "search",
    "sign_in_code",
    "attempt",
    "login_session",
    "calendar_",
    "restor",
    "trail_head",
)
# A cursor names the source it reads, a note the checkpoint it signs; a log's note is a number or a digest.
_NO_COLUMNS = {
    ("credit_cursor", "source"),
    ("checkpoint", "note"),
    ("mediation_log", "note"),
    ("rates_snapshot", "document"),
}


def written_columns() -> list[sa.Column[Any]]:
    """Every column that holds what somebody wrote."""
    return [
        column
        for table in SQLModel.metadata.sorted_tables
        if not table.name.startswith(_NO_TABLES)
        for column in table.columns
        if _is_written(table.name, column)
    ]


def _is_written(table: str, column: sa.Column[Any]) -> bool:
    if isinstance(column.type, sa.Enum) or column.foreign_keys or (table, column.name) in _NO_COLUMNS:
        return False
    if not isinstance(column.type, AutoString | sa.String | sa.JSON):
        return False
    return (table, column.name) in _TEXT or not _NOT_TEXT.search(column.name)


def hostile(place: int) -> str:
    return VECTORS[place % len(VECTORS)]


def harmless(place: int) -> str:
    """As long, with breaks where the other has them; and no mark that means anything to HTML or a template."""
    return hostile(place).translate(_MARKS)


def overwrite(connection: sa.Connection, text_of: Callable[[int], str]) -> int:
    """Every text that stands in the database becomes one of these, whatever a form would have said; how many."""
    place = 0
    for column in written_columns():
        table = column.table
        key = list(table.primary_key.columns)
        for row in connection.execute(sa.select(*key, column.label("it")).order_by(sa.text("rowid"))).all():
            *ids, old = row
            if not old:
                continue
            place += 1
            new = (
                _inside(old, text_of, place) if isinstance(old, dict | list) else _lines(old, text_of, place)
            )
            where = (one == value for one, value in zip(key, ids, strict=True))
            connection.execute(sa.update(table).where(*where).values({column.name: new}))
    return place


def _lines(old: str, text_of: Callable[[int], str], place: int) -> str:
    """A line for each line, empty ones too: a sheet for the wall is read line by line."""
    lines = enumerate(old.split("\n"))
    return "\n".join(f"{place} {text_of(place + at)}" if line.strip() else line for at, line in lines)


def _inside(value: Any, text_of: Callable[[int], str], place: int) -> Any:
    """A document keeps its keys and its words of a program; what is written in Chinese becomes the text."""
    if isinstance(value, dict):
        return {key: _inside(one, text_of, place + at) for at, (key, one) in enumerate(value.items())}
    if isinstance(value, list):
        return [_inside(one, text_of, place + at) for at, one in enumerate(value)]
    if isinstance(value, str) and re.search("[\u4e00-\u9fff]", value):
        return f"{place} {text_of(place)}"
    return value
