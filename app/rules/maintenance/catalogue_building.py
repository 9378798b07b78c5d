"""Categories of faults in and on a building, and of what is piped and wired into it."""

from __future__ import annotations

from app.errors import N_
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.emergencies import Danger
from app.rules.maintenance.kinds import ALWAYS, IN_RAIN, SIZE, Category, Family, when, yes_no
from app.rules.maintenance.questions import Datatype, Question

BUILDING = (
    Category(
        "roof_leak",
        N_("屋面漏水"),
        N_("顶楼天花板渗水、屋面积水、落水管脱落"),
        Family.ENVELOPE,
        ("漏水", "渗水", "顶楼", "屋顶", "天花板", "落水管"),
        questions=(when(IN_RAIN, ALWAYS), SIZE),
    ),
    Category(
        "outer_wall",
        N_("外墙渗水、脱落"),
        N_("外墙渗水、空鼓、开裂，保温层、瓷砖脱落"),
        Family.ENVELOPE,
        ("外墙", "渗水", "保温", "瓷砖", "空鼓", "脱落", "开裂"),
        questions=(yes_no("falling", N_("有东西快要掉下来或已经掉下来吗"), Danger.FALLING), SIZE),
        dangers=(Danger.FALLING,),
    ),
    Category(
        "stairwell",
        N_("楼道和门窗损坏"),
        N_("楼梯、栏杆、单元门、公共门窗、信报箱损坏"),
        Family.ENVELOPE,
        ("楼道", "楼梯", "栏杆", "单元门", "窗", "信报箱"),
        questions=(SIZE,),
    ),
    Category(
        "water_supply",
        N_("停水、水管漏水"),
        N_("没有水、水压低、水发黄，公共水管漏水"),
        Family.WATER,
        ("停水", "水管", "漏水", "水压", "水质", "爆管"),
        Urgency.URGENT,
        (yes_no("burst", N_("水管正在爆裂、大量跑水吗"), Danger.WATER), SIZE),
        (Danger.WATER,),
    ),
    Category(
        "drainage",
        N_("下水道堵塞、污水外溢"),
        N_("下水道、化粪池堵塞，污水冒出来，雨后积水"),
        Family.WATER,
        ("下水道", "堵", "污水", "化粪池", "积水", "臭"),
        Urgency.URGENT,
        (when(ALWAYS, IN_RAIN), SIZE),
    ),
    Category(
        "heat_gas",
        N_("暖气、燃气问题"),
        N_("暖气不热、管道漏水，燃气停气、表具损坏"),
        Family.ROADS,
        ("暖气", "供热", "不热", "燃气", "停气", "管道煤气"),
        Urgency.URGENT,
        (yes_no("gas_smell", N_("闻到燃气味吗"), Danger.GAS), SIZE),
        (Danger.GAS,),
    ),
    Category(
        "power",
        N_("停电、电线和电表箱问题"),
        N_("停电、跳闸，电线裸露，电表箱、通信线损坏"),
        Family.POWER,
        ("停电", "跳闸", "电线", "电表", "网线", "宽带"),
        Urgency.URGENT,
        (yes_no("sparks", N_("有打火、触电或电线掉落吗"), Danger.ELECTRICITY), SIZE),
        (Danger.ELECTRICITY, Danger.FIRE),
    ),
    Category(
        "lighting",
        N_("路灯、楼道灯不亮"),
        N_("路灯、楼道灯不亮、常亮、闪烁"),
        Family.POWER,
        ("路灯", "楼道灯", "灯", "不亮", "黑"),
        questions=(
            Question("lamp_number", N_("灯杆上的编号，没有就不填"), Datatype.STRING),
            SIZE,
        ),
    ),
    Category(
        "entry_cctv",
        N_("门禁、对讲、监控损坏"),
        N_("单元门打不开或关不上，对讲没有声音，监控、道闸损坏"),
        Family.POWER,
        ("门禁", "对讲", "监控", "摄像头", "道闸"),
        questions=(SIZE,),
    ),
)
