"""Cost tables to start a negotiation from, each with its source, its date, and whether the text was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.errors import N_
from app.rules.votes.shares import Scheme


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A named table; numbers are decimal text so that a form can show and change them.

    `official`: an authority issued it. `verified`: the text was read. `as_of`: the date of the source.
    """

    code: str
    title: str
    scheme: Scheme
    by_floor: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subsidy_rate: str = ""
    subsidy_cap: str = ""
    source: str
    as_of: str
    official: bool
    verified: bool


def _floors(*values: str) -> Mapping[str, str]:
    return MappingProxyType({str(floor): value for floor, value in enumerate(values, start=1)})


PRESETS: dict[str, Preset] = {
    preset.code: preset
    for preset in (
        Preset(
            code="by_area",
            title=N_("按专有部分面积分摊（没有约定时的法定办法）"),
            scheme=Scheme.AREA,
            source=N_("《民法典》第二百八十三条"),
            as_of="2021-01-01",
            official=True,
            verified=True,
        ),
        Preset(
            code="guangzhou_coefficients",
            title=N_("广州楼层系数（三楼为 1，未核实）"),
            scheme=Scheme.COEF,
            by_floor=_floors("0", "0.5", "1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"),
            source=N_("广州市 2016—2020 年指导意见的通行说法，未找到正式文本，使用前请核对"),
            as_of="2016/2020",
            official=False,
            verified=False,
        ),
        Preset(
            code="shanghai_7_level",
            title=N_("上海七层平层入户出资指导区间（取中值）"),
            scheme=Scheme.PERCENT_BY_FLOOR,
            by_floor=_floors("0", "5", "9", "14", "19", "24", "29"),
            subsidy_rate="0.4",
            subsidy_cap="280000",
            source=N_(
                "《既有多层住宅加装电梯不同楼层业主出资指导区间》；补贴为工程费的百分之四十，每台不超过 28 万元"
            ),
            as_of="2021-01-15",
            official=True,
            verified=True,
        ),
        Preset(
            code="trade_sample",
            title=N_("行业网站样表：系数乘面积（非官方）"),
            scheme=Scheme.COEF_AREA,
            by_floor=_floors("0", "0", "0.7", "0.8", "0.9", "1.0", "1.1", "1.2", "1.3"),
            source=N_("行业网站公布的样表，不是官方标准"),
            as_of="",
            official=False,
            verified=True,
        ),
    )
}
