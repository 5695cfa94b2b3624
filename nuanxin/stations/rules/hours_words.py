"""开放时间 in Chinese: read from what people write, and said back so that nobody needs to know OSM."""

import re

from nuanxin.stations.rules.hours import WEEKDAYS, read_hours, split_rules, tidy, weekdays_in

_CHINESE = "一二三四五六日"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_CLOCK = r"(\d{1,2})(?:[:点时](半|\d{1,2})?分?)?"
_FROM_TO = re.compile(rf"(?:上午|早上|早|中午|下午|晚上|晚|凌晨)?{_CLOCK}(?:-|至|到)"
                      rf"(?:当天|当日)?(次日|第二天|凌晨)?(?:上午|早上|早|中午|下午|晚上|晚)?{_CLOCK}")  # fmt: skip
_WHEN = re.compile(
    r"法定节假日|节假日|国定假日|工作日|周末|双休日|每天|每日|天天"
    r"|(?:周|星期|礼拜)[一二三四五六日天](?:[-至到](?:周|星期|礼拜)?[一二三四五六日天])?"
    r"(?:,?(?:周|星期|礼拜)?[一二三四五六日天](?![一-鿿]*月))*"
)
_AFTERNOON = re.compile(r"(下午|晚上|晚)(\d{1,2})(?=[:点时\-至到]|$)")
_CLOSED = re.compile(r"不开|休息|关闭|闭站|不营业|停开")
_ALWAYS = re.compile(r"24小时|全天|全时段")
_GROUPS = {"节假日": "PH", "法定节假日": "PH", "国定假日": "PH", "工作日": "Mo-Fr",
           "周末": "Sa-Su", "双休日": "Sa-Su", "每天": "", "每日": "", "天天": ""}  # fmt: skip


def read_any_hours(text: str) -> str:
    """Return the OSM text of hours in OSM or in plain Chinese (周一至周五 8:00-22:00，节假日不开).

    Raises ``Malformed`` like ``read_hours``: what is not understood is said back, not guessed.
    """
    plain = tidy(text)
    if re.search(r"[一-鿿]", re.sub(r'"[^"]*"', "", plain)):
        return read_hours(_from_chinese(plain) or plain)
    return read_hours(plain)


def say_hours(text: str) -> str:
    """Return the hours as people say them: 周一至周五 08:00–18:00；节假日不开. "" for no hours."""
    return "；".join(_say_rule(rule) for _, rule in split_rules(text)) if text else ""


# ---- reading ----------------------------------------------------------------------------------


def _from_chinese(plain: str) -> str:
    text = plain.replace(" ", "")
    text = _AFTERNOON.sub(lambda found: str(int(found[2]) % 12 + 12), text)
    made: list[tuple[str, str]] = []
    at, when = 0, ""
    times: list[str] = []
    while at < len(text):
        if text[at] in ",;。()和及":
            at += 1
        elif found := _WHEN.match(text, at):
            if times:
                made.append((when, ",".join(times)))
            when, times, at = _weekdays(found.group()), [], found.end()
        elif found := _ALWAYS.match(text, at):
            times, at = [*times, "00:00-24:00"], found.end()
        elif found := _CLOSED.match(text, at):
            times, at = [*times, "off"], found.end()
        elif found := _FROM_TO.match(text, at):
            times, at = [*times, _span(found)], found.end()
        elif found := re.compile(r"开放(?:时间)?:?|营业(?:时间)?:?|服务时间:?").match(text, at):
            at = found.end()
        else:
            return ""
    if times:
        made.append((when, ",".join(times)))
    return "; ".join(" ".join(part for part in rule if part) for rule in made)


def _weekdays(words: str) -> str:
    if words in _GROUPS:
        return _GROUPS[words]
    signs = re.sub(r"周|星期|礼拜", "", words).replace("天", "日")
    signs = re.sub(r"[至到]", "-", signs)
    return ",".join(
        "-".join(WEEKDAYS[_CHINESE.index(sign)] for sign in part.split("-") if sign)
        for part in re.findall(rf"[{_CHINESE}]-[{_CHINESE}]|[{_CHINESE}]", signs)
    )


def _span(found: "re.Match[str]") -> str:
    begin_hour, begin_minute, _, end_hour, end_minute = found.groups()
    return f"{_clock(begin_hour, begin_minute)}-{_clock(end_hour, end_minute)}"


def _clock(hour: str, minute: str | None) -> str:
    return f"{int(hour):02d}:{30 if minute == '半' else int(minute or 0):02d}"


# ---- saying -----------------------------------------------------------------------------------


def _say_rule(rule: str) -> str:
    comment = "".join(re.findall(r'"([^"]*)"', rule))
    bare = re.sub(r'\s*"[^"]*"', "", rule).strip()
    always = bare in ("24/7", "Mo-Su,PH", "Mo-Su")
    said = "全天开放" if always else _say_selectors(bare)
    return f"{said}（{comment}）" if comment else said


def _say_selectors(rule: str) -> str:
    found = weekdays_in(rule)
    before = rule[: found.start()] if found else ""
    after = rule[found.end() :] if found else rule
    if not found and (
        dated := re.match(
            rf"((?:\d{{4}}|{_MONTH}|[\d\-,: ])+?)\s(?=\d\d:|closed|unknown|open|sun|$)", rule
        )
    ):
        before, after = dated.group(1), rule[dated.end() :]
    when = _say_date(before.strip())
    times = _say_times(after.strip())
    unnamed = "" if times == "不开" else "每天"
    days = _say_days(found.group()) if found else unnamed
    when = when if days else when.rstrip("，")
    return f"{when}{days}{'' if times == '不开' else ' '}{times}"


def _say_date(text: str) -> str:
    if not text:
        return ""
    said = re.sub(r"\b(\d{4})\b", r"\1 年 ", text)
    said = re.sub(
        rf"({_MONTH}) (\d{{1,2}})", lambda f: f"{_MONTHS.index(f[1]) + 1} 月 {f[2]} 日", said
    )
    said = re.sub(rf"({_MONTH})", lambda f: f"{_MONTHS.index(f[1]) + 1} 月", said)
    said = re.sub(
        r"week(\d+)(?:-(\d+))?",
        lambda f: f"第 {int(f[1])}" + (f" 至 {int(f[2])}" if f[2] else "") + " 周",
        said,
    )
    return " ".join(said.replace("-", "至 ").replace(",", "、").replace("  ", " ").split()) + "，"


def _say_days(text: str) -> str:
    said = []
    for item in text.split(","):
        if item == "PH":
            said.append("节假日")
            continue
        name, _, nth = item.partition("[")
        first, _, last = name.partition("-")
        one = f"周{_CHINESE[WEEKDAYS.index(first)]}"
        if last:
            one += f"至周{_CHINESE[WEEKDAYS.index(last)]}"
        said.append(f"每月第 {nth.rstrip(']')} 个{one}" if nth else one)
    return "每天" if text == "Mo-Su" else "、".join(said)


def _say_times(text: str) -> str:
    if text in ("closed", "off"):
        return "不开"
    if text in ("", "00:00-24:00", "open"):
        return "全天"
    said = []
    for span in text.split(","):
        if found := re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", span.strip()):
            a, b, c, d = map(int, found.groups())
            night = "次日 " if (c, d) <= (a, b) or (c >= 24 and (c, d) != (24, 0)) else ""
            said.append(f"{a:02d}:{b:02d}–{night}{c - 24 if c > 24 else c:02d}:{d:02d}")
        else:
            said.append(_other_time(span.strip()))
    return "、".join(said)


def _other_time(text: str) -> str:
    for word, chinese in (("sunrise", "日出"), ("sunset", "日落"), ("dawn", "天亮"), ("dusk", "天黑"),
                          ("closed", "不开"), ("unknown", "不一定开"), ("open", "开"),
                          ("-", "到"), ("+", " 起，什么时候关不一定")):  # fmt: skip
        text = text.replace(word, chinese)
    return text
