"""Several owners out of one cell, without tearing one name apart."""

from __future__ import annotations

import re

from app.rules.estates.cells import filled

MAX_NAME = 50

_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄穆萧肖尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋庞熊纪舒"
    "屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱丘骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包"
    "诸左石崔吉龚程邢裴陆荣翁荀羊甄曲家封储靳段富巫乌焦巴牧谷车侯全班仰秋仲伊宫宁仇栾甘厉祖武符刘景詹束龙叶幸司黎薄印白怀蒲从鄂索"
    "赖卓蔺屠蒙池乔闻党翟谭贡姬申扶冉郦雍桑桂濮牛寿通边冀尚农温庄柴瞿阎闫连习向古易廖终居衡步耿满匡国文寇广东欧沃利师巩聂晁敖冷辛"
    "简饶曾沙丰关相查游权益佟付"
)
_DOUBLE_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|司空|夏侯|轩辕|端木|南宫|西门|独孤|闻人|东郭"
)
_BODY = re.compile(
    r"公司|集团|厂|局|院|社区|所|中心|学校|大学|中学|小学|银行|委员会|政府|合作社|工会|协会|支行|分行|部队|商店|医院|村委|居委|处|站"
)
_KEPT_NOTE = re.compile(r"合伙|个体|集团|公司|中国|股份|独资|控股")
_HAN = "[\u3400-\u9fff\U00020000-\U0003134f]"
_PERSON = re.compile(rf"{_HAN}{{2,4}}|{_HAN}+(?:·{_HAN}+)+")
_SINGLE = re.compile(_HAN)
_SEPARATOR = re.compile(r"[、,/;\n|&+\\]+(?![^(]*\))")
_NOTE = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]$")
_SHARE = re.compile(r"(?:各?(?:占|享有)?[0-9.]+%|等[0-9一二两三四五六]+人)$")
_NOBODY = {"未知", "不详", "未登记", "待定", "暂无", "空置"}


def split_names(text: str) -> tuple[tuple[str, ...], str]:
    """The owners in one cell, and what stood in brackets behind them (`张三（已故）`).

    Separators are `、，,/；;` and line breaks, a space between whole Chinese names, and 和, 及, 与 where both
    sides are whole names. `张 三` is one person, `李和平` too; companies are never cut at a space.
    """
    names: list[str] = []
    notes: list[str] = []
    for piece in _SEPARATOR.split(filled(text)):
        bare, note = _without_note(piece.strip())
        if note:
            notes.append(note)
        names.extend(name for name in _split_piece(bare) if name and name not in _NOBODY)
    return tuple(names), "；".join(notes)


def _without_note(piece: str) -> tuple[str, str]:
    match = _NOTE.search(piece)
    if match is None or _KEPT_NOTE.search(match[1]) or match.start() == 0:
        return _SHARE.sub("", piece).strip(), ""
    return _SHARE.sub("", piece[: match.start()].strip()).strip(), match[1].strip()


def _split_piece(piece: str) -> list[str]:
    # `共有` words join the text of certificates: 张三 和 李四, 张三及李四.
    parts = [part for part in piece.split(" ") if part not in {"和", "及", "与", "跟", "或"}]
    if len(parts) > 1 and not any(_BODY.search(part) for part in parts):
        joined = _join_padding(parts)
        if all(_PERSON.fullmatch(part) for part in joined):
            return joined
    if any(not part.isascii() for part in parts):
        return _split_at_word("".join(parts))
    return [" ".join(parts)]


def _join_padding(parts: list[str]) -> list[str]:
    """Single characters are halves of a padded name: `张 三`, `欧阳 修`, `王 小明`, `张 三 李 四`."""
    if len(parts) == 4 and all(map(_SINGLE.fullmatch, parts)) and {parts[0], parts[2]} <= _SURNAMES:
        return [parts[0] + parts[1], parts[2] + parts[3]]
    names: list[str] = []
    half = ""
    for part in parts:
        if _DOUBLE_SURNAMES.fullmatch(part) or _SINGLE.fullmatch(part):
            half += part
        elif len(half) == 1:
            names.append(half + part)
            half = ""
        elif half:
            # A double surname still waits for its given name; two single characters are a name already.
            joined = _DOUBLE_SURNAMES.fullmatch(half) and len(part) <= 2
            names.extend([half + part] if joined else [half, part])
            half = ""
        else:
            names.append(part)
    if len(half) == 1 and names:
        names[-1] += half
    elif half:
        names.append(half)
    return names


def _split_at_word(piece: str) -> list[str]:
    if _BODY.search(piece) or len(piece) < 5:
        return [piece]
    for place in range(2, len(piece) - 2):
        left, right = piece[:place], piece[place + 1 :]
        if piece[place] in "和及与跟" and _is_name(left) and _is_name(right):
            return [left, right]
    return [piece]


def _is_name(text: str) -> bool:
    return bool(_PERSON.fullmatch(text) and (text[0] in _SURNAMES or _DOUBLE_SURNAMES.match(text)))
