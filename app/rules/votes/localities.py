"""What municipal and provincial rules say beside the national set, each point with its article, date and whether the text was read.

A point nobody verified never becomes a figure by itself: whoever chooses the set is shown it and must set it with a source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from app.errors import N_
from app.rules.votes.rulesets import NATIONAL, RuleSet


@dataclass(frozen=True, kw_only=True)
class Saying:
    """One point of a text. `figure` names the field of a rule set it settles, with its `value`; else it is only shown.

    `binding`: the text leaves the rules of procedure no choice. `text` and `as_of` where it is told elsewhere than in the
    place's own text.
    """

    words: str
    article: str = ""
    figure: str = ""
    value: Any = None
    verified: bool = True
    binding: bool = False
    text: str = ""
    as_of: str = ""


@dataclass(frozen=True, kw_only=True)
class Locality:
    """One version of one place's text. `own_platform`: a formal vote over the internet must run on the authority's system."""

    code: str
    version: int
    place: str
    text: str
    as_of: str
    sayings: tuple[Saying, ...]
    own_platform: bool = False

    @property
    def key(self) -> str:
        return key_of(self.code, self.version)

    @property
    def rules(self) -> RuleSet:
        """The national set with the figures of this text that were verified."""
        told = {saying.figure: RuleSet.read_figure(saying.figure, saying.value) for saying in self._figures()}
        grounds = dict.fromkeys(self.ground(saying) for saying in self._figures())
        source = "；".join([*grounds, NATIONAL.source])
        return replace(
            NATIONAL, **told, code=self.code, version=self.version, place=self.place, source=source
        )

    def ground(self, saying: Saying) -> str:
        """Text, date and article of one point in one line."""
        return f"{saying.text or self.text}（{saying.as_of or self.as_of}）{saying.article}"

    @property
    def binding(self) -> frozenset[str]:
        """The figures that may not be set otherwise."""
        return frozenset(saying.figure for saying in self._figures() if saying.binding)

    @property
    def to_confirm(self) -> tuple[Saying, ...]:
        """What is told of this place and was not found in a text: shown, never filled in."""
        return tuple(saying for saying in self.sayings if not saying.verified)

    def _figures(self) -> list[Saying]:
        return [saying for saying in self.sayings if saying.figure and saying.verified]


def key_of(code: str, version: int) -> str:
    """How a form and a page name one version of one set."""
    return f"{code}/{version}"


NATIONAL_KEY: Final = key_of(NATIONAL.code, NATIONAL.version)

# What stands behind the national set; where there is no national rule, that is what is said.
NATIONAL_SAYINGS: Final = (
    Saying(
        words=N_("会议召开十五日以前通知全体业主"),
        article="《物业管理条例》第十四条",
        figure="notice_days",
        value=15,
    ),
    Saying(
        words=N_("投票几天全国没有规定，这里按 5 到 60 天"),
        article="《杭州市物业管理条例》第二十条",
        figure="max_window_days",
        value=60,
    ),
    Saying(
        words=N_("车位、摊位算不算面积，由议事规则定；没有定的，这里不算"),
        article="建房〔2009〕274号第二十五条",
        figure="parking",
        value="exclude",
        verified=False,
    ),
    Saying(
        words=N_("没有投票的业主能不能算进多数，由管理规约或者议事规则定；这里默认不算"),
        article="建房〔2009〕274号第二十六条",
        figure="silent",
        value="none",
    ),
    Saying(
        words=N_("可以书面委托；一个人最多接受几户委托，全国没有规定"),
        article="建房〔2009〕274号第二十六条",
        figure="proxy_limit",
        value=None,
        verified=False,
    ),
    Saying(
        words=N_("废票算不算参加投票，全国没有规定，由议事规则定；没有定的，这里不算参加"),
        figure="spoiled",
        value="not_participating",
    ),
    Saying(
        words=N_("同一套房屋手机和纸质都投了怎样算，全国没有规定；没有定的，这里以纸质票为准"),
        figure="clash",
        value="paper_locks",
    ),
)

LOCALITIES: Final = (
    Locality(
        code="hangzhou",
        version=1,
        place=N_("杭州"),
        text="《杭州市物业管理条例》",
        as_of="2021",
        sayings=(
            Saying(
                words=N_("定期会议提前 15 日公告"),
                article="第十九条",
                figure="notice_days",
                value=15,
            ),
            Saying(
                words=N_("临时会议可以提前 7 日公告：要按 7 日的，自己填写天数和依据"), article="第十九条"
            ),
            Saying(
                words=N_("投票最少 5 日"), article="第二十条", figure="min_window_days", value=5, binding=True
            ),
            Saying(
                words=N_("投票最多 60 日"),
                article="第二十条",
                figure="max_window_days",
                value=60,
                binding=True,
            ),
            Saying(
                words=N_("一般用电子投票，业主要求的发纸质票；系统由市里建，免费使用"), article="第二十条"
            ),
            Saying(words=N_("面积和人数的算法按最高法院解释第八、九条，写明“应当”"), article="第十七条"),
        ),
    ),
    Locality(
        code="ningbo",
        version=1,
        place=N_("宁波"),
        text="《宁波市住宅小区物业管理条例》",
        as_of="2021",
        sayings=(
            Saying(
                words=N_("车位、车库不计入面积"),
                article="第十八条",
                figure="parking",
                value="exclude",
                binding=True,
            ),
            Saying(
                words=N_("一本产权证一票，几人共有的推选一人投票"),
                article="第十八条",
                figure="ballot_mode",
                value="per_unit",
                binding=True,
            ),
            Saying(
                words=N_("一人有几本产权证的，人数算一人；没有卖出和没有交付的合起来算一人，由建设单位行使"),
                article="第十八条",
            ),
        ),
    ),
    Locality(
        code="beijing",
        version=1,
        place=N_("北京"),
        text="《北京市物业管理条例》",
        as_of="2024",
        own_platform=True,
        sayings=(
            Saying(
                words=N_("提前 15 日公告"), article="第三十五条", figure="notice_days", value=15, binding=True
            ),
            Saying(
                words=N_("互联网投票要用市里的系统：这里的手机投票不能作为正式表决"), article="第三十五条"
            ),
            Saying(words=N_("没有公告的事项不能表决；居委会派人列席"), article="第三十五条"),
            Saying(words=N_("作出决定后 3 日内公告"), article="第三十七条"),
            Saying(
                words=N_("每套房屋各投一票，一人有几套的人数算一人、面积相加"),
                text="北京市住房和城乡建设委员会答问",
                as_of="2020-11-25",
                figure="ballot_mode",
                value="per_unit",
            ),
            Saying(
                words=N_("市里的应用投票以后不能改，没有找到写明这一点的条文"),
                text="“北京业主”应用",
                as_of="日期不详",
                figure="change",
                value="once",
                verified=False,
            ),
        ),
    ),
    Locality(
        code="shanghai",
        version=1,
        place=N_("上海"),
        text="《上海市住宅物业管理规定》",
        as_of="2020",
        sayings=(
            Saying(
                words=N_("采用集体讨论或者书面征求意见；代理人凭书面委托、按委托人的意见投票"),
                article="第十八条",
            ),
            Saying(words=N_("只涉及部分业主的共有部分，由这部分业主按同样比例表决"), article="第六十九条"),
            Saying(
                words=N_(
                    "有判决支持“送达未投票的算进多数”，条件是有效送达、告知事项并说明后果；也有相反意见"
                ),
                text="上海市第二中级人民法院（2022）沪02民初16号",
                as_of="2022-06-22",
            ),
        ),
    ),
    Locality(
        code="weifang",
        version=1,
        place=N_("潍坊"),
        text="潍坊市物业管理法规",
        as_of="2022",
        own_platform=True,
        sayings=(
            Saying(
                words=N_("一个人最多接受 3 户委托"),
                article="第三十二条",
                figure="proxy_limit",
                value=3,
                binding=True,
            ),
            Saying(words=N_("互联网投票要用政府的平台：这里的手机投票不能作为正式表决"), article=""),
        ),
    ),
    Locality(
        code="shandong",
        version=1,
        place=N_("山东"),
        text="《山东省物业管理条例》",
        as_of="2021",
        sayings=(
            Saying(
                words=N_("面积和人数怎样算先看业主大会的约定，没有约定的按最高法院解释第八、九条"),
                article="第二十五条",
            ),
        ),
    ),
    Locality(
        code="lishui",
        version=1,
        place=N_("丽水"),
        text="丽水市物业管理法规",
        as_of="2019",
        sayings=(
            Saying(
                words=N_("可以用短信、微信实名投票；一套房屋几人共有的推选一人投票"), article="第十二、十三条"
            ),
            Saying(
                words=N_("业主代表大会的决定公示不少于 10 日，书面反对的人数和面积都不到三分之一才生效"),
                article="第十二、十三条",
            ),
        ),
    ),
    Locality(
        code="liaocheng",
        version=1,
        place=N_("聊城"),
        text="聊城市物业管理法规",
        as_of="2021",
        sayings=(
            Saying(
                words=N_("网上开会的，要同时在线下征求没有上网的业主的意见，合并计算"), article="第十六条"
            ),
            Saying(words=N_("没有投票的业主怎样算，由管理规约定"), article="第十六条"),
        ),
    ),
    Locality(
        code="qingyuan",
        version=1,
        place=N_("清远"),
        text="清远市物业管理法规",
        as_of="2022",
        own_platform=True,
        sayings=(
            Saying(
                words=N_("在主管部门的平台上核实身份的电子投票和纸质票同等：这里的手机投票不能作为正式表决"),
                article="第十七条",
            ),
            Saying(words=N_("7 日内公开结果，征求意见；电子投票的结果公示不少于 15 日"), article="第十七条"),
        ),
    ),
)

# Texts that are told of and not used: older than the Civil Code, replaced, or about what no figure here holds.
NOT_USED: Final = (
    (N_("河南"), Saying(words=N_("加装电梯要单元或者楼栋全体业主的三分之二；维修资金可以“异议表决”。早于民法典，不采用"), article="《河南省物业管理条例》（2017）第五十九、六十六条")),
    (N_("济南、莱芜"), Saying(words=N_("加装电梯要单元全体业主面积和人数的三分之二。早于民法典，不采用"), article="《济南市既有多层住宅增设电梯规定》（2019）第七条")),
    (N_("深圳"), Saying(words=N_("参加不够的可以延长，最多 3 个月。已被 2020 年条例取代，不采用"), article="《深圳经济特区物业管理条例》实施若干规定第二十二条")),
    (N_("舟山"), Saying(words=N_("物业公司的人不能接受委托：表决时请自行遵守"), article="舟山市物业管理法规")),
)  # fmt: skip


def find_locality(code: str, version: int) -> Locality | None:
    """The locality of that code and version."""
    for locality in LOCALITIES:
        if (locality.code, locality.version) == (code, version):
            return locality
    return None
