"""The words of a posting: days and minutes in Beijing, amounts, thresholds, and a test that is met or missed.

A posted document stays Chinese in every language of the interface, so nothing here is marked for translation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from app.rules.calendar import BEIJING
from app.rules.quantities import show_area
from app.rules.votes.matters import Threshold
from app.rules.votes.privacy import is_small
from app.rules.votes.states import LegalMode
from app.rules.votes.tally import Measure, Measures, Result, Verdict

NUMERALS = "一二三四五六七八九"
EFFECT = {
    LegalMode.CONSULTATION: "征求意见。结果供商议参考，不代替业主依法作出的共同决定",
    LegalMode.PAPER_WITH_SUPPORT: "以纸质表决票为准，电子投票为辅助",
    LegalMode.ELECTRONIC: "电子表决。电子投票即为表决票",
}
CONCLUSION = {
    Result.PASSED: "参与和同意都达到规定比例，获得通过",
    Result.NOT_PASSED: "参与达到规定比例，同意没有达到规定比例，未获通过",
    Result.QUORUM_NOT_MET: "参与没有达到规定比例，没有形成决定",
}
_SHARES = {(2, 3): "三分之二", (3, 4): "四分之三", (1, 2): "半数"}


def day_words(value: date) -> str:
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def minute_words(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{day_words(local.date())} {local:%H:%M}"


def end_words(until: datetime) -> str:
    """The end of a term: the instant after a day is that day's 24:00 (Civil Code art. 203 para. 2)."""
    local = until.astimezone(BEIJING)
    if local.hour or local.minute:
        return minute_words(until)
    return f"{day_words(local.date() - timedelta(days=1))} 24:00"


def void_words(annulled_at: datetime, reason: str) -> str:
    """What is printed over a poster whose vote was annulled after it was posted; no part of the fixed text."""
    return f"本次表决已于 {day_words(annulled_at.astimezone(BEIJING).date())} 作废：{reason}"


def scope_words(building: str, entrance: str) -> str:
    """How far a vote reaches; both empty is the whole estate."""
    if not building:
        return "全小区"
    tower = f"{building}号楼" if building.isdigit() else building
    return f"{tower}{entrance}单元" if entrance else tower


def heads_words(number: int) -> str:
    return f"{number} 人"


def area_words(hundredths: int) -> str:
    return f"{show_area(hundredths)} ㎡"


def amount_words(heads: int, area: int) -> str:
    return f"{heads_words(heads)}，{area_words(area)}"


def threshold_words(rule: Threshold) -> str:
    return f"{'超过' if rule.strict else '达到'}{_share(rule)}"


def _share(rule: Threshold) -> str:
    return _SHARES.get((rule.top, rule.bottom), f" {rule.top}/{rule.bottom} ")


def count_words(figures: Mapping[str, int]) -> list[str]:
    """The count by heads and area, a line each; `figures` are the integers of the sealed count."""

    def line(words: str, name: str) -> str:
        return f"{words} {amount_words(figures[f'{name}_heads'], figures[f'{name}_area'])}"

    counted = [line("参与表决", "part"), line("同意", "for")]
    if is_small(figures["total_heads"]):
        heads, area = (figures[f"part_{unit}"] - figures[f"for_{unit}"] for unit in ("heads", "area"))
        return [*counted, f"其余（反对、弃权等）合计 {amount_words(heads, area)}。范围内人数少，不分开公布"]
    counted += [line("反对", "against"), line("弃权", "abstain")]
    if figures["spoiled_heads"]:
        counted.append(line("废票", "spoiled"))
    if figures["mixed_heads"]:
        mixed = heads_words(figures["mixed_heads"])
        counted.append(f"名下几套房屋意见不一 {mixed}，计入参与人数，不计入同意、反对和弃权的人数")
    return counted


def quorum_words(verdict: Verdict) -> list[str]:
    """Who took part, on both measures, each with what it needed or what it lacked."""
    if not verdict.part_heads:
        return ["没有业主参与表决"]
    return [
        _heads_test("参与人数", verdict.quorum.heads),
        _area_test("参与面积", "全部面积", verdict.quorum.area),
    ]


def measure_words(measures: Measures) -> str:
    """One test on both measures, within a line that has said the amounts."""
    return f"人数{_met(measures.heads, heads_words)}，面积{_met(measures.area, area_words)}"


def tests_words(verdict: Verdict) -> list[str]:
    """Both tests on both measures, each with what it needed or what it lacked."""
    if not verdict.part_heads:
        return quorum_words(verdict)
    return [
        *quorum_words(verdict),
        _heads_test("同意人数", verdict.majority.heads),
        _area_test("同意面积", "参与面积", verdict.majority.area),
    ]


def _heads_test(words: str, measure: Measure) -> str:
    share = f"占 {heads_words(measure.whole)}的 {measure.fraction}"
    return f"{words} {heads_words(measure.part)}，{share}，{_met(measure, heads_words)}"


def _area_test(words: str, whole: str, measure: Measure) -> str:
    # The share of an area in lowest terms is six digits over six digits: exact, and unreadable.
    return f"{words} {area_words(measure.part)}，{whole}共 {area_words(measure.whole)}，{_met(measure, area_words)}"


def _met(measure: Measure, unit: Callable[[int], str]) -> str:
    rule = measure.threshold
    if measure.met:
        return f"{threshold_words(rule)}（至少要 {unit(rule.short_by(0, measure.whole))}）"
    return f"没有{threshold_words(rule)}，还差 {unit(measure.short)}"
