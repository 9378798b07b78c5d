"""Owners in one cell."""

import pytest

from app.rules.estates.names import split_names


@pytest.mark.parametrize(
    "cell",
    [
        "张三、李四",
        "张三，李四",
        "张三,李四",
        "张三/李四",
        "张三；李四",
        "张三;李四",
        "张三\n李四",
        "张三 李四",
        "张三\u3000李四",
        "张三和李四",
        "张三及李四",
        "张 三、李 四",
        "张 三 李 四",
        "张三（夫）、李四（妻）",
        "张三50%、李四50%",
        "张三 和 李四",
    ],
)
def test_two_owners_in_one_cell(cell):
    assert split_names(cell)[0] == ("张三", "李四")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张 三", "张三"),
        ("王 小明", "王小明"),
        ("欧阳 修", "欧阳修"),
        ("诸葛 孔明", "诸葛孔明"),
        ("李和平", "李和平"),
        ("许和", "许和"),
        ("张与之", "张与之"),
        ("市第二纺织厂", "市第二纺织厂"),
        ("安居 开发公司", "安居开发公司"),
        ("和平与发展研究院", "和平与发展研究院"),
        ("华润（苏州）有限公司", "华润(苏州)有限公司"),
        ("某投资中心（有限合伙）", "某投资中心(有限合伙)"),
        ("John Smith", "John Smith"),
        ("阿里木•买买提", "阿里木·买买提"),
    ],
)
def test_one_owner_is_never_cut(cell, name):
    assert split_names(cell)[0] == (name,)


def test_what_stands_in_brackets_is_kept_as_a_note():
    assert split_names("张三（已故）、李四") == (("张三", "李四"), "已故")
