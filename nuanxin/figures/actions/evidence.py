"""The auditor's export: rows without identity, definitions, the signed text, and a script.

Streams: a province's rows in the millions pass through, memory stays flat.
"""

import base64
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import transaction

from nuanxin.figures.models import Publication, PublicationLine
from nuanxin.figures.queries.counted_rows import COUNTED, PER, text_of
from nuanxin.figures.queries.deriving import (
    OF_SERVICES,
    RATIOS,
    asked_of,
    bounds,
    entered_rows,
    parts_of,
    reads_spans,
    rows_of,
    union_rows,
)
from nuanxin.figures.queries.publication_key import public_key_text
from nuanxin.figures.queries.publications import (
    content_of,
    get_published,
    line_key,
    lines_of,
    when_of,
)
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules import recompute
from nuanxin.kernel import occupations, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.period import PeriodKind
from nuanxin.membership.figures.evidence import FLOW_WEIGHTS, flow_rows
from nuanxin.membership.states import Channel, FlowKind
from nuanxin.orgs.queries.evidence import list_union_codes
from nuanxin.programmes.figures import is_of_persons, kinds_of
from nuanxin.programmes.queries.delivered import Asked, delivery_rows
from nuanxin.records.actions import append_event

Told = Callable[[int], None]
Open = Callable[[str], Any]
"""Opens a file of the export by name, for writing bytes; a context manager."""

_BLOCK = 1 << 20
_READ_ME = """只供审计使用，不对外：不能公布，不能转给别人，用完请删除。

这一份是“{title}”第 {version} 版的明细，不带身份：没有姓名、证件号、电话，行号是随写随编的。
数是精确到个位的，人少的格子也在里面，几行合起来就可能认出人。公布的数写到十位、人少的不写，就是为了这个。

怎么核对：装有 Python 3.11 以上的电脑上，在这个文件夹里执行

    python3 recompute.py

它会从 flows.csv、unions.csv、deliveries.csv、counted.csv 和 denominators.csv 重算每一个数，由实测的数推出公布的数，并核对明细指纹、明细封条、全文指纹和签名。
全部一致返回 0，有一处不一致返回 1。

publication.json  发布的全文、指纹、签名、公钥（只有这一个文件是公开的）
measured.json     实测的数、明细指纹和行数，还有封条的盐（不对外）
definitions.json  每个指标怎么算
flows.csv         会籍变动：一行一笔，工会编号、县、职业、渠道、种类、日期、人数
unions.csv        被数到的工会：指标、工会编号、驻地
deliveries.csv    兑现的服务（发布里有服务项目的指标才有）：随编的人号、工会编号、县、种类、日期；
                  在这个地区享受过的人，他在别处享受的也在，为的是看出他第一次在哪里
counted.csv       一个一个数出来的（驿站、乡镇、到站、开放时间、用人单位、撤并的工会）：指标、编号、县、加几；
                  开放时间加的是分钟，合计以后四舍五入到小时
denominators.csv  录入的分母：种类、地区、数、日期
union_codes.csv   工会编号对应的工会编码
"""


@transaction.atomic
def export_evidence(
    *,
    publication_id: int,
    folder: Path,
    actor: Actor,
    now: datetime,
    told: Told | None = None,
) -> Publication:
    """Write the evidence of a publication into a folder, and record that it was taken away.

    ``told`` hears of the rows written. Raises ``NotFound``, ``Forbidden``.
    """
    publication = _allowed(publication_id, actor)
    folder.mkdir(parents=True, exist_ok=True)
    rows = _write(publication, lambda name: (folder / name).open("wb"), told)
    _record(publication, actor, now, rows)
    return publication


@transaction.atomic
def export_evidence_zip(
    *, publication_id: int, file: IO[bytes], actor: Actor, now: datetime
) -> Publication:
    """Write the same as one .zip into an open file. Raises as above."""
    publication = _allowed(publication_id, actor)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        rows = _write(publication, lambda name: packed.open(name, "w", force_zip64=True), None)
    _record(publication, actor, now, rows)
    return publication


def _allowed(publication_id: int, actor: Actor) -> Publication:
    publication = get_published(publication_id)
    policy.check(actor, "figure.evidence", path=publication.union.path)
    return publication


def _record(publication: Publication, actor: Actor, now: datetime, rows: int) -> None:
    append_event(
        "figures.evidence_exported",
        actor=actor,
        at=now,
        subject_type="publication",
        subject_id=publication.id,
        union_id=publication.union_id,
        data={"number": publication.number, "hash": publication.content_hash, "rows": rows},
    )


def _write(publication: Publication, opened: Open, told: Told | None) -> int:
    lines = lines_of(publication.id)
    texts = {
        "publication.json": json.dumps(
            signed_document(publication, lines), ensure_ascii=False, indent=1
        ),
        "measured.json": json.dumps(_measured(publication, lines), ensure_ascii=False, indent=1),
        "definitions.json": json.dumps(_definitions(lines), ensure_ascii=False, indent=1),
        "recompute.py": Path(recompute.__file__).read_text(encoding="utf-8"),
        "说明.txt": _READ_ME.format(title=publication.title, version=publication.version),
    }
    for name, text in texts.items():
        with opened(name) as file:
            file.write(text.encode())
    rows = _write_flows(publication, lines, opened, told)
    rows += _write_deliveries(publication, lines, opened)
    rows += _write_counted(publication, lines, opened)
    with opened("unions.csv") as file:
        unions = _unions_text(publication, lines)
        file.write(unions.encode())
    with opened("union_codes.csv") as file:
        file.write(_codes_text(publication).encode())
    return rows


def _codes(lines: list[PublicationLine]) -> list[str]:
    """Return the figures with rows that the lines stand on."""
    return parts_of(dict.fromkeys(line.code for line in lines))


def _write_counted(publication: Publication, lines: list[PublicationLine], opened: Open) -> int:
    """Write what is counted one by one, and the entered denominators; no file where there is none."""
    when, top = when_of(publication), publication.region
    text = ["row,figure,key,county,number"]
    for code in _codes(lines):
        if code in COUNTED:
            text += [f"{len(text)},{text_of(code, one)}" for one in COUNTED[code](when, top)]
    entered = entered_rows([line_key(line) for line in lines], when, top)
    numbered = [f"{at},{row}" for at, row in enumerate(entered, start=1)]
    for name, rows in (
        ("counted.csv", text),
        ("denominators.csv", ["row,kind,region,value,as_of", *numbered]),
    ):
        if len(rows) > 1:
            with opened(name) as file:
                file.write(("\n".join(rows) + "\n").encode())
    return len(text) - 1 + len(entered)


def _write_flows(
    publication: Publication, lines: list[PublicationLine], opened: Open, told: Told | None
) -> int:
    rows, block = 0, bytearray()
    with opened("flows.csv") as file:
        for piece in flow_rows(
            last=publication.as_of,
            counties=bounds(publication.region),
            known_at=publication.known_at,
            with_spans=reads_spans(_codes(lines)),
        ):
            block += piece
            if len(block) >= _BLOCK:
                rows += block.count(b"\n")
                file.write(bytes(block))
                block.clear()
                if told is not None:
                    told(rows)
        rows += block.count(b"\n")
        file.write(bytes(block))
    return max(rows - 1, 0)


def _write_deliveries(publication: Publication, lines: list[PublicationLine], opened: Open) -> int:
    """Write what services the lines count, of all their kinds; nothing where none is of services."""
    codes = {code for code in _codes(lines) if code in OF_SERVICES}
    if not codes:
        return 0
    when, rows = when_of(publication), 0
    kinds = [asked_of(code, when).kinds for code in codes]
    every = () if () in kinds else tuple(sorted({kind for some in kinds for kind in some}))
    asked = Asked(when.period, kinds=every, known_at=when.known_at)
    with opened("deliveries.csv") as file:
        for piece in delivery_rows(asked, counties=bounds(publication.region)):
            rows += piece.count(b"\n")
            file.write(piece)
    return max(rows - 1, 0)


def _unions_text(publication: Publication, lines: list[PublicationLine]) -> str:
    when = when_of(publication)
    codes = [code for code in _codes(lines) if rows_of(code) == "unions"]
    text = ["row,figure,union,county"]
    for code in codes:
        for union_id, adcode in union_rows(code, when, publication.region):
            text.append(f"{len(text)},{code},{union_id},{adcode}")
    return "\n".join(text) + "\n"


def _codes_text(publication: Publication) -> str:
    rows = list_union_codes(bounds(publication.region))
    return "\n".join(["union,code", *(f"{union_id},{code}" for union_id, code in rows)]) + "\n"


def _definitions(lines: list[PublicationLine]) -> dict[str, Any]:
    """Return how each figure is counted: those of the lines, and those that rates stand on."""
    told = {
        line.code: {
            "label": line.label,
            "unit": line.unit,
            "definition": line.definition,
            "version": line.definition_version,
        }
        for line in lines
    }
    codes = dict.fromkeys([*told, *_codes(lines)])
    return {
        "figures": {code: told.get(code, {}) | _how(code) for code in codes},
        "kinds": {str(int(kind)): kind.label for kind in FlowKind},
        "occupations": {str(one.key): one.code for one in occupations.all_occupations()},
        "channels": {str(int(channel)): channel.code for channel in Channel},
    }


def _how(code: str) -> dict[str, Any]:
    definition, ratio = get_figure(code), RATIOS.get(code)
    how: dict[str, Any] = {
        "rows": rows_of(code),
        "is_in_period": definition.period_kind is not PeriodKind.AS_OF,
        "weights": {str(int(k)): w for k, w in FLOW_WEIGHTS.get(code, {}).items()},
        "services": list(kinds_of(OF_SERVICES[code])) if code in OF_SERVICES else [],
        "counts_once": code in OF_SERVICES and is_of_persons(OF_SERVICES[code]),
    }
    if code in COUNTED:
        how["per"] = PER.get(code, 1)
    if ratio is not None:
        above = get_figure(ratio.numerator).unit
        how |= {
            "numerator": ratio.numerator,
            "denominator": ratio.denominator,
            "of_persons": above in (Unit.PERSONS, Unit.PERSON_TIMES),
            "is_counted_below": bool(parts_of([ratio.denominator])),
        }
    return how


def _measured(publication: Publication, lines: list[PublicationLine]) -> dict[str, Any]:
    return {
        "notice": "只供审计使用，不对外：里面是精确到个位的数，人少的格子也在",
        "salt": bytes(publication.salt).hex() if publication.salt else None,
        "lines": [
            {
                "position": line.position,
                "measured": line.counted,
                "rows": line.rows_count,
                "rows_hash": line.rows_hash or None,
                **(
                    {"parts": [line.measured_numerator, line.measured_denominator]}
                    if line.is_rate
                    else {}
                ),
            }
            for line in lines
        ],
    }


def signed_document(publication: Publication, lines: list[PublicationLine]) -> dict[str, Any]:
    """Return the signed text of a publication with hash, signature and public key."""
    return {
        "content": content_of(publication, lines),
        "hash": publication.content_hash,
        "signature": base64.b64encode(bytes(publication.signature or b"")).decode(),
        "public_key": public_key_text(),
        "algorithm": "Ed25519",
    }
