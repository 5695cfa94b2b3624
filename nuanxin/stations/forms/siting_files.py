"""A siting plan as files: a workbook to go on with, GeoJSON for a map."""

import io
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from nuanxin.stations.queries.siting import PlanRow
from nuanxin.stations.rules.siting_plan import busiest

_PLAIN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(plan: PlanRow, words: Any) -> bytes:
    """Return a workbook of a plan: 建议地点 with what each adds by hour, 流动车, 说明."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _PLAIN) as book:
        head = book.add_format({"bold": True})
        _sites(book.add_worksheet("建议地点"), plan, words, head)
        if plan.result["vans"]:
            _vans(book.add_worksheet("流动车"), plan, words, head)
        told = book.add_worksheet("说明")
        told.set_column(0, 0, 22)
        told.set_column(1, 1, 70)
        lines = [("方案", plan.name), ("问的是", words.asked(plan))]
        lines += [(fact["label"], fact["value"]) for fact in words.facts(plan)]
        lines += [("说明", remark) for remark in words.remarks(plan)]
        for at, (label, value) in enumerate(lines):
            told.write_string(at, 0, label, head)
            told.write_string(at, 1, value)
    return file.getvalue()


def plan_features(plan: PlanRow, words: Any) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection (WGS-84): sites in order, then stops by van."""
    sites = [
        _feature(
            site,
            kind="fixed",
            number=number,
            near=plan.result["names"].get(str(site["place"]), ""),
            person_hours=site["gain"],
            reason=words.reason(site),
        )
        for number, site in enumerate(plan.result["sites"], start=1)
    ]
    stops = [
        _feature(
            stop,
            kind="mobile",
            van=van,
            number=number,
            near=plan.result["names"].get(str(stop["place"]), ""),
            arrives=words.clock(stop["from"]),
            leaves=words.clock(stop["until"]),
            person_hours=stop["worth"],
        )
        for van, day in enumerate(plan.result["vans"], start=1)
        for number, stop in enumerate(day, start=1)
    ]
    return {
        "type": "FeatureCollection",
        "name": plan.name,
        "digest": plan.digest,
        "seed": plan.seed,
        "features": sites + stops,
    }


def _feature(place: dict[str, Any], **properties: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [place["lng"], place["lat"]]}
    return {"type": "Feature", "geometry": point, "properties": properties}


def _sites(sheet: Any, plan: PlanRow, words: Any, head: Any) -> None:
    heads = [
        "号",
        "附近",
        "经度 WGS-84",
        "纬度 WGS-84",
        "多接住（人时/天）",
        "最忙从",
        "最忙到",
        "为什么",
    ]
    heads += [f"{hour}点" for hour in range(24)]
    sheet.set_column(1, 1, 32)
    sheet.set_column(7, 7, 36)
    sheet.freeze_panes(1, 2)
    for at, text in enumerate(heads):
        sheet.write_string(0, at, text, head)
    for number, site in enumerate(plan.result["sites"], start=1):
        first, last, _ = busiest(site["hours"])
        sheet.write_number(number, 0, number)
        sheet.write_string(number, 1, plan.result["names"].get(str(site["place"]), ""))
        for at, value in enumerate((site["lng"], site["lat"], site["gain"], first, last), start=2):
            sheet.write_number(number, at, value)
        sheet.write_string(number, 7, words.reason(site))
        for at, value in enumerate(site["hours"], start=8):
            sheet.write_number(number, at, value)


def _vans(sheet: Any, plan: PlanRow, words: Any, head: Any) -> None:
    heads = ("车", "停靠", "到", "走", "歇", "附近", "经度 WGS-84", "纬度 WGS-84", "接住（人时）")
    sheet.set_column(5, 5, 32)
    for at, text in enumerate(heads):
        sheet.write_string(0, at, text, head)
    line = 0
    for van, day in enumerate(plan.result["vans"], start=1):
        for number, stop in enumerate(day, start=1):
            line += 1
            sheet.write_number(line, 0, van)
            sheet.write_number(line, 1, number)
            for at, minutes in enumerate((stop["from"], stop["until"], stop["rest"]), start=2):
                if minutes is not None:
                    sheet.write_string(line, at, words.clock(minutes))
            sheet.write_string(line, 5, plan.result["names"].get(str(stop["place"]), ""))
            for at, value in enumerate((stop["lng"], stop["lat"], stop["worth"]), start=6):
                sheet.write_number(line, at, value)
