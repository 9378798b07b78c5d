"""What a device is called in the list of devices: known words only, nothing of what the browser sent."""

from __future__ import annotations

# The first mark found wins, so an app stands before the browser it pretends to be.
_APPS = (
    ("wxwork", "企业微信"),
    ("micromessenger", "微信"),
    ("dingtalk", "钉钉"),
    ("alipayclient", "支付宝"),
    ("mqqbrowser", "QQ 浏览器"),
    ("qqbrowser", "QQ 浏览器"),
    ("ucbrowser", "UC 浏览器"),
    ("quark", "夸克"),
    ("baiduboxapp", "百度"),
    ("huaweibrowser", "华为浏览器"),
    ("miuibrowser", "小米浏览器"),
    ("vivobrowser", "vivo 浏览器"),
    ("heytapbrowser", "OPPO 浏览器"),
    ("samsungbrowser", "三星浏览器"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("openharmony", "鸿蒙设备"),
    ("harmonyos", "鸿蒙设备"),
    ("windows", "Windows 电脑"),
    ("macintosh", "苹果电脑"),
    ("cros", "Chromebook"),
)


def name_device(user_agent: str) -> str:
    """A user agent in plain words, such as "微信 · 安卓手机"."""
    text = user_agent[:500].lower()
    app = next((name for mark, name in _APPS if mark in text), "其他浏览器")
    return f"{app} · {_system(text)}"


def _system(text: str) -> str:
    for mark, name in _SYSTEMS:
        if mark in text:
            return name
    if "android" in text:
        return "安卓手机" if "mobile" in text else "安卓平板"
    return "Linux 电脑" if "linux" in text else "其他设备"
