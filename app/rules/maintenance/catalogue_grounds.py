"""Categories of faults outside and in shared equipment, and of what people do to what is common."""

from __future__ import annotations

from app.errors import N_
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.emergencies import Danger
from app.rules.maintenance.kinds import (
    ALWAYS,
    EVENING,
    GOING_ON,
    MORNING,
    NIGHT,
    SIZE,
    WHERE,
    Category,
    Family,
    when,
    yes_no,
)
from app.rules.maintenance.questions import Datatype, Question, Value

PUBLIC = (
    Category(
        "road",
        N_("路面破损、挖开没有恢复"),
        N_("路面坑洼、塌陷，台阶、围墙破损，施工挖开没有恢复"),
        Family.ROADS,
        ("路面", "坑", "塌陷", "台阶", "围墙", "恢复", "开挖"),
        questions=(SIZE,),
    ),
    Category(
        "manhole",
        N_("井盖缺失、破损"),
        N_("井盖丢失、破损、松动、有响声"),
        Family.ROADS,
        ("井盖", "窨井", "松动", "响"),
        Urgency.URGENT,
        (
            yes_no("open_hole", N_("井口是敞开的吗（是的话请先放东西提醒路人）")),
            Question("letters", N_("井盖上的字，例如“污”“雨”“电力”"), Datatype.STRING),
        ),
        (Danger.INJURY,),
    ),
    Category(
        "lift",
        N_("电梯故障"),
        N_("电梯停运、异响、抖动、按钮失灵、门关不上"),
        Family.LIFT,
        ("电梯", "停运", "异响", "按钮", "困人"),
        Urgency.URGENT,
        (
            yes_no("trapped", N_("有人被困在里面吗"), Danger.LIFT),
            Question("lift_number", N_("轿厢里的电梯编号，没有就不填"), Datatype.STRING),
        ),
        (Danger.LIFT,),
    ),
    Category(
        "fire_safety",
        N_("消防设施和通道"),
        N_("灭火器、消火栓、应急灯损坏，消防通道被堵"),
        Family.FIRE,
        ("消防", "灭火器", "消火栓", "应急灯", "通道", "堵"),
        Urgency.URGENT,
        (yes_no("burning", N_("现在有火或冒烟吗"), Danger.FIRE), SIZE),
        (Danger.FIRE,),
    ),
    Category(
        "charging",
        N_("电动车充电和停放设施"),
        N_("充电桩损坏，车棚漏雨，飞线充电，电动车进楼"),
        Family.POWER,
        ("充电", "电动车", "电瓶车", "车棚", "飞线"),
        questions=(yes_no("smoke", N_("有冒烟、烧焦的味道吗"), Danger.FIRE),),
        dangers=(Danger.FIRE,),
    ),
    Category(
        "ageing",
        N_("扶手、坡道和健身器材"),
        N_("扶手、坡道、座椅、健身和儿童游乐设施损坏"),
        Family.AGEING,
        ("扶手", "坡道", "无障碍", "轮椅", "健身", "座椅", "儿童"),
        questions=(yes_no("hurt", N_("有人因此受伤需要救助吗"), Danger.INJURY),),
        dangers=(Danger.INJURY,),
    ),
)
CONDUCT = (
    Category(
        "rubbish",
        N_("乱倒垃圾"),
        N_("垃圾、建筑垃圾、大件乱扔，垃圾点不清运"),
        Family.GREEN,
        ("垃圾", "建筑垃圾", "装修垃圾", "大件", "脏", "臭"),
        questions=(
            Question(
                "kind",
                N_("是哪些垃圾"),
                Datatype.MANY,
                values=(
                    Value("household", N_("生活垃圾")),
                    Value("construction", N_("建筑、装修垃圾")),
                    Value("bulky", N_("大件家具")),
                    Value("hazardous", N_("油漆、药品、电池等有害垃圾")),
                ),
            ),
            SIZE,
        ),
    ),
    Category(
        "illegal_building",
        N_("违法搭建"),
        N_("屋顶、露台、院子、公共过道里搭建，封占公共部位"),
        Family.ORDER,
        ("违建", "违章", "搭建", "加盖", "封阳台", "占用"),
        Urgency.COMPLEX,
        (GOING_ON, WHERE),
    ),
    Category(
        "parking",
        N_("车辆乱停放"),
        N_("堵住出入口、占用人行道和绿地，废弃车辆"),
        Family.ORDER,
        ("停车", "乱停", "堵路", "占道", "僵尸车", "车位"),
        questions=(
            yes_no("blocks_fire_lane", N_("堵住了消防通道或出入口吗")),
            when(ALWAYS, MORNING, EVENING, NIGHT),
            WHERE,
        ),
    ),
    Category(
        "green_damage",
        N_("绿化被毁坏"),
        N_("毁绿种菜、占绿停车、砍树，树木枯死、遮挡、要倒"),
        Family.GREEN,
        ("绿化", "毁绿", "种菜", "砍树", "树", "草坪", "枯死"),
        questions=(yes_no("tree_falling", N_("树快要倒下来吗"), Danger.FALLING), SIZE),
        dangers=(Danger.FALLING,),
    ),
    Category("other", N_("其他"), N_("上面都不合适时选这一项，写清楚地点和情况"), Family.OTHER),
)
