"""What a repair costs: the stages a sum passes through, and who pays it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from app.errors import N_


class CostStage(StrEnum):
    ESTIMATE = "estimate"
    APPROVED = "approved"
    INVOICE = "invoice"


class MoneySource(StrEnum):
    WARRANTY = "warranty"
    PROPERTY_FEE = "property_fee"
    COMMON_INCOME = "common_income"
    MAINTENANCE_FUND = "maintenance_fund"
    GOVERNMENT = "government"
    RESIDENTS = "residents"


STAGE_NAMES = {
    CostStage.ESTIMATE: N_("估算"),
    CostStage.APPROVED: N_("核定"),
    CostStage.INVOICE: N_("发票"),
}
SOURCE_NAMES = {
    MoneySource.WARRANTY: N_("保修（居民不花钱）"),
    MoneySource.PROPERTY_FEE: N_("物业费"),
    MoneySource.COMMON_INCOME: N_("公共收益"),
    MoneySource.MAINTENANCE_FUND: N_("住宅专项维修资金"),
    MoneySource.GOVERNMENT: N_("政府资金"),
    MoneySource.RESIDENTS: N_("居民分摊"),
}


class Sum(NamedTuple):
    """One recorded sum in fen, in the order of recording."""

    stage: CostStage
    source: MoneySource
    amount: int


def current(sums: Iterable[Sum]) -> dict[CostStage, Mapping[MoneySource, int]]:
    """What stands of each stage, by source, in fen: a later sum of the same stage and source replaces the earlier."""
    standing: dict[CostStage, dict[MoneySource, int]] = {}
    for one in sums:
        standing.setdefault(one.stage, {})[one.source] = one.amount
    return {stage: standing[stage] for stage in CostStage if stage in standing}


def needs_vote(sums: Iterable[Sum]) -> bool:
    """Whether the maintenance fund is to pay, which the owners decide together (Civil Code art. 278 para. 1 (5))."""
    return any(MoneySource.MAINTENANCE_FUND in sources for sources in current(sums).values())
