"""The nine matters of Civil Code art. 278, and thresholds that are reached or missed without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import N_, Invalid


class MatterClass(StrEnum):
    ORDINARY = "ordinary"
    SPECIAL = "special"


@dataclass(frozen=True)
class Matter:
    code: int
    title: str
    kind: MatterClass


# Civil Code art. 278 para. 1 lists the matters; para. 2 makes items 6 to 8 special and the rest ordinary.
MATTERS: dict[int, Matter] = {
    matter.code: matter
    for matter in (
        Matter(1, N_("制定和修改业主大会议事规则"), MatterClass.ORDINARY),
        Matter(2, N_("制定和修改管理规约"), MatterClass.ORDINARY),
        Matter(3, N_("选举业主委员会或者更换业主委员会成员"), MatterClass.ORDINARY),
        Matter(4, N_("选聘和解聘物业服务企业或者其他管理人"), MatterClass.ORDINARY),
        Matter(5, N_("使用建筑物及其附属设施的维修资金"), MatterClass.ORDINARY),
        Matter(6, N_("筹集建筑物及其附属设施的维修资金"), MatterClass.SPECIAL),
        Matter(7, N_("改建、重建建筑物及其附属设施"), MatterClass.SPECIAL),
        Matter(8, N_("改变共有部分的用途或者利用共有部分从事经营活动"), MatterClass.SPECIAL),
        Matter(9, N_("有关共有和共同管理权利的其他重大事项"), MatterClass.ORDINARY),
    )
}


def matter_of(code: object) -> Matter:
    """The matter of that number; raises `Invalid` (`unknown_matter`) for all but whole numbers 1 to 9."""
    if type(code) is not int or code not in MATTERS:
        raise Invalid(
            N_("表决事项只能是民法典第二百七十八条的第 1 至 9 项，请重新选择"),
            code="unknown_matter",
            field="matter",
        )
    return MATTERS[code]


@dataclass(frozen=True)
class Threshold:
    """A share to be reached: `strict` is 过半数 (more than), else 以上 (at least, Civil Code art. 1259)."""

    top: int
    bottom: int
    strict: bool

    def reached_by(self, part: int, whole: int) -> bool:
        """Cross-multiplied, so no rounding decides; of nothing, no share is ever reached."""
        if whole == 0:
            return False
        mine, needed = part * self.bottom, whole * self.top
        return mine > needed if self.strict else mine >= needed

    def short_by(self, part: int, whole: int) -> int:
        """How much more `part` is needed, the whole unchanged (还差多少); 0 exactly when reached."""
        if whole == 0:
            return 1
        needed = whole * self.top
        least = needed // self.bottom + 1 if self.strict else -(-needed // self.bottom)
        return max(least - part, 0)
