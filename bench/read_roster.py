"""How fast a roster is read and judged: python -m bench.read_roster [--full] [--rows 10000,100000]

Seconds are of the processor (they move less than the clock on a busy machine). "bare" is what the
fastest library alone needs to put the same file into text columns (fastexcel, polars), without
types, heading, columns or verdicts.

Writes made-up rosters as spreadsheet programs do (shared strings, dates as serials, one phone in
seven as a number), reads them, applies the recognised columns, judges every row, and prints one
line a file. A workbook ends at 1,048,576 rows; above that the text file alone is measured.
"""

import random
import resource
import sys
import tempfile
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fastexcel
import polars as pl

from bench.ground import parser_of, sizes_of
from nuanxin.kernel.identity import check_digit
from nuanxin.membership.forms.roster_columns import apply_mapping
from nuanxin.membership.forms.roster_file import read_roster
from nuanxin.membership.rules.roster import judge_rows

TODAY = date(2026, 11, 23)
MOST_ROWS_OF_A_WORKBOOK = 1_048_575
HEAD = ("序号", "姓名", "身份证号", "手机号码", "所属网点", "岗位", "入职日期", "备注")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀兰霞平刚桂英华建文辉玲"
_AREAS = ("330105", "330106", "330212", "330304", "331102", "330602")
_ROW = (
    '<row r="{r}"><c r="A{r}"><v>{n}</v></c><c r="B{r}" t="s"><v>{name}</v></c>'
    '<c r="C{r}" t="s"><v>{identity}</v></c>{phone}<c r="E{r}" t="s"><v>{outlet}</v></c>'
    '<c r="F{r}" t="s"><v>{job}</v></c>{day}</row>'
)
_EPOCH = date(1899, 12, 30)


def people(number: int):  # type: ignore[no-untyped-def]
    """Yield (name, identity, phone, outlet, day) of ``number`` made-up people, reproducibly."""
    rng = random.Random(20261123)
    for index in range(number):
        born = date(1967, 1, 1) + timedelta(days=index % 15_000)
        first17 = f"{_AREAS[index // 15_000 % 6]}{born:%Y%m%d}{index // 90_000 % 1000:03d}"
        name = rng.choice(_SURNAMES) + rng.choice(_GIVEN) + rng.choice(_GIVEN)
        day = date(2018, 1, 1) + timedelta(days=rng.randrange(2_800))
        yield (
            name,
            first17 + check_digit(first17),
            f"1{30_0000_0000 + index * 7:010d}",
            index % 417,
            day,
        )


def write_text(path: Path, number: int) -> None:
    """Write the roster as GB 18030 text."""
    with path.open("w", encoding="gb18030", newline="") as out:
        out.write(",".join(HEAD) + "\r\n")
        for index, (name, identity, phone, outlet, day) in enumerate(people(number), start=1):
            out.write(f"{index},{name},{identity},{phone},营业部{outlet:03d},快递员,{day},\r\n")


def write_workbook(path: Path, number: int) -> None:
    """Write the roster as a workbook with shared strings."""
    strings: dict[str, int] = {}

    def shared(text: str) -> int:
        return strings.setdefault(text, len(strings))

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
        _write_frame(package)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_START.encode())
            head = "".join(
                f'<c r="{c}1" t="s"><v>{shared(t)}</v></c>'
                for c, t in zip("ABCDEFGH", HEAD, strict=True)
            )
            lines = [f'<row r="1">{head}</row>']
            for index, (name, identity, phone, outlet, day) in enumerate(people(number), start=1):
                r = index + 1
                told = f"<v>{phone}</v>" if index % 7 == 0 else f"<v>{shared(phone)}</v>"
                kind = "" if index % 7 == 0 else ' t="s"'
                start = f'<c r="G{r}" s="1"><v>{(day - _EPOCH).days}</v></c>'
                spelled = f'<c r="G{r}" t="s"><v>{shared(str(day))}</v></c>'
                lines.append(_ROW.format(
                    r=r, n=index, name=shared(name), identity=shared(identity),
                    phone=f'<c r="D{r}"{kind}>{told}</c>', outlet=shared(f"营业部{outlet:03d}"),
                    job=shared("快递员"), day=start if index % 5 == 0 else spelled,
                ))  # fmt: skip
                if len(lines) >= 5_000:
                    sheet.write("".join(lines).encode())
                    lines.clear()
            sheet.write("".join(lines).encode() + b"</sheetData></worksheet>")
        with package.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(_STRINGS_START.encode())
            part.write("".join(f"<si><t>{text}</t></si>" for text in strings).encode() + b"</sst>")


def bare(path: Path) -> float:
    """Return the processor seconds of the library alone."""
    started = time.process_time()
    if path.suffix == ".csv":
        pl.read_csv(path, has_header=False, infer_schema=False, encoding="gb18030")
    else:
        fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()
    return time.process_time() - started


def measure(path: Path, number: int) -> str:
    """Return one line of the table for a file."""
    limit = bare(path)
    clock, cpu = time.perf_counter(), time.process_time()
    table = read_roster(path, path.name)
    wall, opened = time.perf_counter() - clock, time.process_time()
    parsed = apply_mapping(table)
    mapped = time.process_time()
    judged = judge_rows(parsed, today=TODAY, adcode="330000")
    ended = time.process_time()
    assert judged.totals() == {"ok": number}, judged.totals()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (
        f"| {path.suffix:5} | {number:>9,} | {limit:6.2f} | {opened - cpu:6.2f} | {wall:6.2f} "
        f"| {number / wall:>9,.0f} | {(opened - cpu) / limit:5.2f} | {mapped - opened:7.2f} "
        f"| {ended - mapped:7.2f} | {(ended - mapped) / number * 1e6:6.2f} | {peak:>6,} |"
    )


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    options = parser_of(__doc__).parse_args(argv)
    print(
        "| file  |      rows | bare s | read s | wall s |    rows/s | ratio | parse s | judge s "
        "| us/row | MB max |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number in sizes_of(options):
            for suffix, write in ((".csv", write_text), (".xlsx", write_workbook)):
                rows = min(number, MOST_ROWS_OF_A_WORKBOOK) if suffix == ".xlsx" else number
                path = Path(folder) / f"roster{suffix}"
                write(path, rows)
                print(measure(path, rows), flush=True)
                path.unlink()
    return 0


def _write_frame(package: zipfile.ZipFile) -> None:
    for name, body in _FRAME.items():
        package.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + body)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_START = f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><sheetData>'
_STRINGS_START = f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{_MAIN}">'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FRAME = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="花名册" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}


if __name__ == "__main__":
    sys.exit(main())
