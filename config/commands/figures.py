"""``nuanxin figures list|show|check|report``: the declared figures, their values, drafts held against them.

``check`` ends with 0 when nothing in the draft differs or contradicts, with 1 when something does
or the draft could not be read, with 2 on wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.commands.figures_denominators import add_denominators
from config.commands.figures_period import add_period, period_of
from config.commands.figures_publications import add_publications
from config.commands.figures_recount import add_recount
from config.commands.figures_report import add_report
from config.embedded import uses_embedded_server
from config.opening import opened
from config.places import places
from config.usage import day
from nuanxin.kernel.errors import Malformed

if TYPE_CHECKING:
    from nuanxin.figures.queries import Measurement
    from nuanxin.figures.rules.claims import Reference, Report

FOUND_FAULTS = 1


def register(subparsers: Any) -> None:
    """Add the command with its two actions."""
    parser = subparsers.add_parser("figures", help="列出、查看统计数字，核对稿子里的数")
    actions = parser.add_subparsers(
        title="动作",
        metavar="list|show|check|report|recount|verify|export|load-denominators",
        required=True,
    )
    listing = actions.add_parser("list", help="列出全部指标")
    showing = actions.add_parser("show", help="查看一个指标的值")
    showing.add_argument("code", metavar="指标代码")
    showing.add_argument("--region", metavar="行政区划代码", default="330000")
    showing.add_argument("--kind", metavar="工会类型", default="")
    showing.add_argument("--route", metavar="建会路径", default="")
    showing.add_argument("--as-of", metavar="日期", type=day, default=None)
    add_period(showing)
    showing.add_argument(
        "--known-on",
        metavar="日期",
        type=day,
        default=None,
        help="按那天结束时已知的来数，后来补录和更正的不算；没写哪天和时间段，就截至那天",
    )
    checking = _add_check(actions)
    for action in (
        listing,
        showing,
        checking,
        add_report(actions),
        add_recount(actions),
        *add_publications(actions),
        add_denominators(actions),
    ):
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    listing.set_defaults(run=run_list)
    showing.set_defaults(run=run_show)
    checking.set_defaults(run=run_check)


def _add_check(actions: Any) -> argparse.ArgumentParser:
    checking: argparse.ArgumentParser = actions.add_parser(
        "check",
        help="核对一篇稿子里的数字（txt、docx、pdf；- 是标准输入）",
        description="核对一篇稿子里的数字。没有发现“数不一样”或“互相矛盾”时返回 0，"
        "发现了或读不了稿子返回 1，用法不对返回 2。",
    )
    checking.add_argument("file", metavar="稿子")
    checking.add_argument(
        "--against",
        metavar="对照表",
        help="CSV，列为 code,label,value,unit,period[,source]；给了就只对它",
    )
    checking.add_argument("--registry", action="store_true", help="给了对照表，也对本系统的数读")
    checking.add_argument("--region", metavar="行政区划代码", default="330000")
    return checking


def run_list(options: argparse.Namespace) -> int:
    """Print every declared figure."""
    with opened(places(options.data)):
        from nuanxin.figures.queries import list_figures

        figures = list_figures()
    if options.json:
        print(
            json.dumps(
                [
                    {
                        "code": one.code,
                        "label": one.label,
                        "unit": one.unit.label,
                        "kind": one.period_kind.value,
                        "definition": one.definition_zh,
                        "version": one.version,
                        "public": one.public,
                        "versions": [
                            {
                                "number": version.number,
                                "definition": version.text,
                                "valid_from": str(version.valid_from or "") or None,
                                "valid_to": str(version.valid_to or "") or None,
                            }
                            for version in one.versions
                        ],
                    }
                    for one in figures
                ],
                ensure_ascii=False,
            )
        )
        return 0
    for one in figures:
        shown = "" if one.public else "，不公开"
        print(f"{one.code}  {one.label}（{one.unit.label}，{one.period_kind.label}{shown}）")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print the value of one figure."""
    with opened(places(options.data)):
        from nuanxin.figures.queries import known_then_and_now, measure
        from nuanxin.kernel import clock

        asked: dict[str, Any] = {
            "region": _region_of(options.region),
            "as_of": options.as_of,
            "period": period_of(options, today=clock.business_day(clock.now())),
            "kind": options.kind,
            "route": options.route,
            "now": clock.now(),
        }
        if options.known_on:
            measured, today = known_then_and_now(options.code, known_on=options.known_on, **asked)
        else:
            measured = today = measure(options.code, **asked)
    if options.json:
        plain = measured.as_plain()
        if options.known_on:
            plain |= {"known_on": options.known_on.isoformat(), "value_known_now": today.value}
        print(json.dumps(plain, ensure_ascii=False))
        return 0
    if options.known_on:
        print(f"按 {options.known_on} 结束时所知：")
    print(f"{measured.region_name}{measured.label}：{_told(measured)}")
    if measured.is_ratio:
        source = ""
        if measured.denominator_as_of:
            source = f"，{measured.denominator_as_of}，来源：{measured.denominator_source}"
        print(
            f"分子 {measured.numerator:,}，分母 {measured.denominator:,}"
            f"（{measured.denominator_label}{source}）"
        )
    when = asked["period"].label if asked["period"] else f"截至 {measured.as_of}"
    print(f"{when}，口径第 {measured.definition_version} 版：{measured.definition}")
    if options.known_on:
        print(_said_since(measured, today))
    return 0


def _told(measured: "Measurement") -> str:
    value = measured.plain_value or 0
    if measured.is_ratio:
        return f"{value:,.{measured.decimals}f}{measured.unit.label}"
    return f"{value:,} {measured.unit.label}"


def _said_since(then: "Measurement", today: "Measurement") -> str:
    """Return in words what has become known since."""
    before, after = then.value or 0, today.value or 0
    if before == after:
        return "按现在所知，还是这个数。"
    if then.is_ratio:
        return f"按现在所知是 {_told(today)}：后来补录或更正过。"
    more = "多" if after > before else "少"
    unit = then.unit.label
    return (
        f"按现在所知是 {_told(today)}，{more}了 {abs(after - before):,} {unit}：后来补录或更正过。"
    )


def _region_of(text: str) -> int:
    from nuanxin.kernel import regions

    code = regions.canonical_code(text)
    if len(code) != 6:
        raise Malformed("region.unknown", "按省、市、县（市、区）数，请用六位的区划代码。")
    return int(code)


def run_check(options: argparse.Namespace) -> int:
    """Check a draft and print what was found; return 1 when something differs or contradicts."""
    from nuanxin.figures.forms.draft_file import read_draft
    from nuanxin.figures.rules.claims import Draft, check_draft, read_references

    text = read_draft(_bytes_of(options.file, "稿子"))
    references: list[Reference] = []
    if options.against:
        references = read_references(read_draft(_bytes_of(options.against, "对照表")))
    if options.registry or (not options.against and _has_figures(options)):
        report = _check_with_figures(text, references, options)
    else:
        report = check_draft(Draft.of(text), references)
    if options.json:
        print(json.dumps(report.as_plain(), ensure_ascii=False))
    else:
        _print_report(report)
    return FOUND_FAULTS if report.has_faults else 0


def _has_figures(options: argparse.Namespace) -> bool:
    """Return whether there is a database behind this command already; none is made for a check."""
    return places(options.data).cluster.exists() or not uses_embedded_server()


def _check_with_figures(
    text: str, references: "list[Reference]", options: argparse.Namespace
) -> "Report":
    with opened(places(options.data), migrate=False):
        from nuanxin.figures.queries.drafts import check_with_figures
        from nuanxin.kernel import clock

        region = _region_of(options.region)
        return check_with_figures(text, references=references, region=region, now=clock.now())


def _bytes_of(name: str, thing: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Malformed(
            "figures.no_such_file",
            f"打不开{thing} {name}（{type(error).__name__}）。请核对文件名、路径和读取权限。",
        ) from None


def _print_report(report: "Report") -> None:
    from nuanxin.figures.rules.claims import telling

    print(telling.summary(report))
    for number, one in telling.of_verdicts(report, telling.LOOK_AT):
        print(f"\n{number}. 第 {one.line} 行第 {one.column} 列  {one.verdict.label}")
        print(f"   {telling.headline(one)}")
        for against in one.against:
            print(f"   {telling.place_of(against)}：{telling.sentence_of(against)}")
        if gap := telling.difference(one):
            print(f"   差：{gap}")
        print(f"   {telling.advice(one)}")
    for title, verdicts in (("一致", telling.FINE), ("这里查不到", (telling.UNKNOWN,))):
        found = telling.of_verdicts(report, verdicts)
        if found:
            print(f"\n{title}的 {len(found)} 处")
        for number, one in found:
            print(
                f"{number}. 第 {one.line} 行第 {one.column} 列  {one.claim.text}  {one.claim.what}"
            )
