"""What somebody types into a form of the product: what its fields ask for, and for some forms a value of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from PIL import Image

from app.clock import BEIJING
from tests.routers.adversaries.filled_forms import Form
from tests.routers.adversaries.forms import Forms
from tests.routers.adversaries.walking import Fields, Files

_WISH = "把三号楼一单元门口的灯换成声控灯，由物业在两个星期以内办好。"
_MORE = "另外再说一句"
_REGISTER = (
    "楼栋,单元,楼层,房号,建筑面积（㎡）,用途,产权人,联系电话\n7号楼,1单元,1,101,60.00,住宅,郑一,13700070101\n"
)
_CALLS = "工单编号,来电时间,诉求内容,地址\nA1,2026-11-20 09:00,三楼灯不亮,3号楼1单元\n"
# Where the words of a field's name do not fit, by the form's pattern; "+90" is a day so far from today.
_OWN: dict[str, dict[str, str]] = {
    "/desk/{slug}/clocks/settings": {"reopen_days": "30", "recurrence_days": "30", "zipcode": "215000"},
    "/desk/{slug}/credits/rates": {"per_day": "20", "per_quarter": "60"},
    "/desk/{slug}/facilities/seasons": {"last": "+90"},
    "/desk/{slug}/facilities/{place_id:uuid}/items": {"agreed": "60", "accepted_on": "-300"},
    "/desk/{slug}/fees/hardship": {"home": "3-1-402"},
    "/desk/{slug}/fees/hardship/{hardship_id:uuid}/end": {"from_month": "2026-12"},
    "/desk/{slug}/facilities/{place_id:uuid}/spot": {"lat": "31.31", "long": "120.61"},
    "/desk/{slug}/proposals/{proposal_id}/merge": {"into": "2", "reason": _WISH},
    "/desk/{slug}/consultation/catalogue/{key}": {"title": "楼道照明"},
    "/me/name": {"name": "陈小洁"},
    "/settings/display": {"size": "large"},
    "/e/{slug}/mediation/{case_id:uuid}/agreement/confirm": {"name": "冯玉清"},
    "/desk/{slug}/fees/homes": {"home": "3-1-402"},
    "/desk/{slug}/fees/new": {"price": "1.20"},
    "/desk/{slug}/guides/{guide_id:uuid}/check": {"review_after": "+100"},
    "/desk/{slug}/proposals/{proposal_id}/answer": {"answer": _WISH},
    "/desk/{slug}/proposals/{proposal_id}/split": {"text": _WISH},
    "/desk/{slug}/votes/new": {"text": _WISH},
    "/e/{slug}/mediation/{case_id:uuid}/agreement": {"text": _WISH},
}
_SHEETS = {
    "/desk/{slug}/register/import": _REGISTER,
    "/desk/{slug}/orders/hotline/preview": _CALLS,
}


class Typist:
    """Fills what a form asks for; where that is refused, everything it has room for."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.forms, self.today = Forms(connection), now.astimezone(BEIJING)

    def __call__(self, pattern: str, form: Form) -> Iterator[tuple[Fields, Files]]:
        yield self._filled(pattern, form, set(form.required))
        yield self._filled(pattern, form, {*form.kinds, *form.files, *form.boxes})

    def _filled(self, pattern: str, form: Form, names: set[str]) -> tuple[Fields, Files]:
        fields = {name: list(values) for name, values in form.sent().items()}
        for name in [name for name, kind in form.kinds.items() if fields[name] == [""]]:
            # A page kept for use without a connection has its id from its script.
            if name in names or name == "id":
                fields[name] = [self._word(name, form.kinds[name])]
        for name in [name for name, kind in form.kinds.items() if kind == "textarea" and fields[name][0]]:
            fields[name] = [fields[name][0] + _MORE]  # what is sent as it was shows nothing
        fields |= {
            name: [value] for name, value in form.boxes.items() if name in names and name not in fields
        }
        fields |= {name: [self._day(value)] for name, value in _OWN.get(pattern, {}).items()}
        return fields, {name: _file(pattern) for name in form.files if name in names}

    def _word(self, name: str, kind: str) -> str:
        if kind == "hidden":
            return str(uuid4()) if name == "id" else ""
        shapes = {"date": "%Y-%m-%d", "month": "%Y-%m", "datetime-local": "%Y-%m-%dT%H:%M"}
        if kind in shapes:
            return f"{self.today + timedelta(days=40 if kind == 'datetime-local' else 0):{shapes[kind]}}"
        if name.endswith("_month"):
            return f"{self.today:%Y-%m}"
        if kind == "tel" or "phone" in name:
            return "13900008888"
        word = self.forms.word(name)
        return word if kind != "number" or word.isdigit() else "1"

    def _day(self, value: str) -> str:
        return f"{self.today + timedelta(days=int(value)):%Y-%m-%d}" if value[:1] in {"+", "-"} else value


def _file(pattern: str) -> tuple[str, bytes, str]:
    if pattern in _SHEETS:
        return "a.csv", _SHEETS[pattern].encode(), "text/csv"
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 150)).save(picture, "JPEG")
    return "a.jpg", picture.getvalue(), "image/jpeg"
