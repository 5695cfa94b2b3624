"""Files that are no rosters, or mean harm: refused fast, with a sentence that says what to do."""

import io
import os
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nuanxin.kernel.errors import Malformed
from nuanxin.membership.forms.roster_file import read_roster, read_roster_safely
from nuanxin.membership.rules.limits import ROSTER_LIMITS, UPLOAD_LIMITS
from tests.membership.rosters.made_up import HEAD, csv_bytes, people, xlsx_bytes
from tests.membership.rosters.reading import judge_table

FILES = Path(__file__).parent / "files"
GOOD = xlsx_bytes({"名单": [HEAD, *people(5)]})
SHEET = "xl/worksheets/sheet1.xml"


def refused(body, filename="名单.xlsx", limits=ROSTER_LIMITS, read=read_roster):
    """Return the code of the refusal; the sentence must say what to do and not lay blame."""
    with pytest.raises(Malformed) as caught:
        read(body, filename, limits=limits)
    assert any(word in caught.value.message for word in ("请", "可以")), caught.value.message
    assert not any(w in caught.value.message for w in ("非法", "无效", "系统错误", "请稍后重试"))
    return caught.value.code


def repacked(changes: dict[str, bytes], good: bytes = GOOD) -> bytes:
    """Return the good workbook with some of its parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, changes.pop(part, None) or old.read(part))
        for part, body in changes.items():
            new.writestr(part, body)
    return out.getvalue()


def bomb(rows: int, columns: int = 20) -> bytes:
    """Return a workbook whose sheet is the same row over and over: it packs some 250 to 1."""
    row = b"<row>" + b"<c><v>1</v></c>" * columns + b"</row>"
    xml = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return repacked({SHEET: xml + row * rows + b"</sheetData></worksheet>"})


def with_lying_directory(body: bytes, claimed: int) -> bytes:
    """Return the workbook with a directory that claims a small size for the sheet."""
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        true_size = package.getinfo(SHEET).file_size
    return body.replace(true_size.to_bytes(4, "little"), claimed.to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "roster.empty"),
        (b"\xef\xbb\xbf", "roster.empty"),
        (b"\r\n\r\n , ,\r\n", "roster.empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "roster.not_a_table"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "roster.not_a_table"),
        (b"%PDF-1.7\n" + bytes(200), "roster.not_a_table"),
        (b"Rar!\x1a\x07" + bytes(200), "roster.not_a_table"),
        (b"PK\x03\x04" + bytes(200), "roster.not_a_table"),
        (GOOD[: len(GOOD) // 2], "roster.not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "roster.not_a_table"),
        (os.urandom(5000).replace(b"PK", b"pk"), "roster.not_a_table"),
        (b"<html><body><p>nothing</p></body></html>", "roster.not_a_table"),
        (b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'><Work", "roster.not_a_table"),
        (csv_bytes([HEAD]), "roster.empty"),
        (xlsx_bytes({"名单": [HEAD]}), "roster.empty"),
        (xlsx_bytes({"名单": []}), "roster.empty"),
        (csv_bytes([["姓名", "手机号"], ["张三", "13800138000"]]), "roster.no_identity_column"),
        (csv_bytes([["商品", "价格"], ["苹果", "3.5"]]), "roster.no_identity_column"),
        ("今天开会说了三件事，大家都要记住。\n第一件是安全。\n".encode(), "roster.no_identity_column"),
    ],
)  # fmt: skip
def test_what_is_no_roster_is_refused(body, code):
    assert refused(body) == code


def test_an_image_named_xlsx_is_called_an_image():
    with pytest.raises(Malformed, match="图片"):
        read_roster(b"\x89PNG\r\n\x1a\n" + bytes(500), "名单.xlsx")


def test_a_word_document_is_called_one():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<x/>")
    with pytest.raises(Malformed, match="Word"):
        read_roster(out.getvalue(), "名单.xlsx")


def test_files_with_a_password_say_so():
    assert refused(FILES / "password.xlsx") == "roster.password"
    xls = (FILES / "small.xls").read_bytes()
    interface_header = bytes.fromhex("e1000200b004")
    locked = xls.replace(interface_header, b"\x2f" + interface_header[1:], 1)
    assert refused(locked) == "roster.password"


def test_a_bomb_is_refused_by_its_directory_in_under_a_second_and_50_mb():
    body = bomb(100_000)
    assert len(body) < 200_000
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    assert refused(body, read=read_roster_safely) == "roster.bomb"
    assert time.perf_counter() - started < 1.0
    assert psutil.Process().memory_info().rss - before < 50 * 1024 * 1024


def test_a_bomb_whose_directory_lies_is_stopped_while_it_unpacks():
    body = with_lying_directory(bomb(100_000), 20_000)
    assert refused(body) in {"roster.bomb", "roster.not_a_table"}


def test_a_bomb_in_another_part_is_refused():
    assert refused(repacked({"xl/sharedStrings.xml": b"<x>" + b" " * 20_000_000})) == "roster.bomb"


def test_a_cell_in_the_far_corner_does_not_claim_its_rectangle():
    xml = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert refused(repacked({SHEET: xml})) == "roster.too_large"


def test_entities_are_refused():
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    assert refused(repacked({SHEET: xml})) == "roster.not_a_table"
    assert refused(repacked({"xl/workbook.xml": xml})) == "roster.not_a_table"


def test_parts_that_climb_out_of_the_package_are_refused():
    assert refused(repacked({"../../evil.xml": b"<x/>"})) == "roster.not_a_table"


def test_five_million_lines_are_refused_with_the_limit_named():
    with pytest.raises(Malformed, match="2,000,000") as caught:
        read_roster_safely(b"a,b,c\n" * 5_000_001, "名单.csv")
    assert caught.value.code == "roster.too_large"


def test_a_file_that_is_too_large_is_refused_unread():
    small = replace(UPLOAD_LIMITS, file_bytes=1_000)
    assert refused(csv_bytes([HEAD, *people(50)]), limits=small) == "roster.too_large"


@pytest.mark.parametrize(
    ("head", "thing"),
    [
        (b"\x00\x00\x00\x18ftypheic", "照片"), (b"\x00\x00\x00\x18ftypmp42", "影音"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "图片"), (b"SQLite format 3\x00", "数据库"),
    ],
)  # fmt: skip
def test_what_a_phone_saves_is_called_by_its_name(head, thing):
    with pytest.raises(Malformed, match=thing) as caught:
        read_roster(head + bytes(500), "名单.xlsx")
    assert caught.value.code == "roster.not_a_table"


def test_a_long_shared_text_in_many_cells_is_refused_before_it_is_spread():
    strings = b"<sst><si><t>" + os.urandom(20_000).hex().encode() + b"</t></si></sst>"
    cells = b'<c t="s"><v>0</v></c>' * 3
    rows = b"".join(b'<row r="%d">' % row + cells + b"</row>" for row in range(1, 8_000))
    xml = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    body = repacked(
        {"xl/sharedStrings.xml": strings, SHEET: xml + rows + b"</sheetData></worksheet>"}
    )
    started = time.process_time()
    assert refused(body) == "roster.bomb"
    assert time.process_time() - started < 1.0


def open_document(rows: str) -> bytes:
    """Return an .ods with a heading, one person and ``rows``."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for short, full in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    told = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in (HEAD, *people(1)))  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", "<manifest/>")
        package.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f'<table:table table:name="a">{told}{rows}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return out.getvalue()


def cell(text: str, repeated: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{repeated}><text:p>{text}</text:p></table:table-cell>'


@pytest.mark.parametrize(
    ("rows", "columns"), [(1_048_574, 1), (1_048_574, 16_384), (4_000_000_000, 4_000_000_000)]
)
def test_cells_of_an_open_document_that_repeat_without_end_are_refused(rows, columns):
    line = cell("x", f' table:number-columns-repeated="{columns}"')
    body = open_document(
        f'<table:table-row table:number-rows-repeated="{rows}">{line}</table:table-row>'
    )
    assert refused(body) == "roster.bomb"


def test_the_empty_cells_that_every_open_document_repeats_do_no_harm():
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    body = open_document(
        f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    )
    assert judge_table(read_roster(body, "x.ods")).totals() == {"ok": 1}


def test_a_claimed_far_corner_with_three_cells_is_read_at_once():
    texts = [*HEAD, *people(1)[0]]
    cells = [f'<c r="{"ABC"[i % 3]}{i // 3 + 1}" t="inlineStr"><is><t>{t}</t></is></c>' for i, t in enumerate(texts)]  # fmt: skip
    xml = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="A1:XFD1048576"/><sheetData><row r="1">{"".join(cells[:3])}</row>'
        f'<row r="2">{"".join(cells[3:])}</row></sheetData></worksheet>'
    )
    started = time.process_time()
    table = read_roster(repacked({SHEET: xml.encode()}), "x.xlsx")
    assert judge_table(table).outcomes_by_row() == {2: "ok"}
    assert time.process_time() - started < 1.0


def xml_spreadsheet(rows: str, encoding: str = "utf-8") -> bytes:
    """Return an XML spreadsheet of 2003 with the rows."""
    namespace = "urn:schemas-microsoft-com:office:spreadsheet"
    page = (
        f'<?xml version="1.0" encoding="{encoding}"?><Workbook xmlns="{namespace}" xmlns:ss="{namespace}">'
        f'<Worksheet ss:Name="名单"><Table>{rows}</Table></Worksheet></Workbook>'
    )
    return page.encode("gb18030" if encoding == "gb2312" else encoding)


def xml_row(*cells: str, merged: str = "") -> str:
    told = [f'<Cell{merged if not i else ""}><Data ss:Type="String">{c}</Data></Cell>' for i, c in enumerate(cells)]  # fmt: skip
    return f"<Row>{''.join(told)}</Row>"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "utf-16"])
def test_xml_spreadsheets_are_read_in_the_encodings_of_their_writers(encoding):
    rows = "".join(xml_row(*row) for row in (HEAD, *people(3)))
    table = read_roster(xml_spreadsheet(rows, encoding), "名单.xls")
    assert judge_table(table).outcomes_by_row() == {2: "ok", 3: "ok", 4: "ok"}


def test_merged_cells_of_an_xml_spreadsheet_push_the_others_to_the_right():
    wide = ' ss:MergeAcross="1"'
    rows = xml_row("单位", *HEAD, merged=wide) + xml_row("甲", *people(1)[0], merged=wide)
    plain = "".join(xml_row("甲", "", *row) for row in people(1))
    table = read_roster(xml_spreadsheet(rows + plain), "名单.xls")
    assert judge_table(table).totals() == {"ok": 2}


def test_an_xml_spreadsheet_that_points_far_away_is_refused():
    far = '<Row><Cell ss:Index="90000"><Data ss:Type="String">a</Data></Cell></Row>'
    assert refused(xml_spreadsheet(far * 1_000)) == "roster.too_large"
    deep = '<Row ss:Index="900000000"><Cell><Data ss:Type="String">a</Data></Cell></Row>'
    assert refused(xml_spreadsheet(deep)) == "roster.too_large"


def test_a_page_of_endless_tables_is_refused():
    assert refused(b"<table>" * 100_000 + b"<tr><td>x") == "roster.too_large"


def test_entities_in_utf_16_and_climbing_backslashes_are_refused():
    xml = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    assert refused(repacked({SHEET: xml.encode("utf-16")})) == "roster.not_a_table"
    assert refused(repacked({"..\\..\\evil.xml": b"<x/>"})) == "roster.not_a_table"


def test_too_many_columns_or_cells_are_refused():
    small = replace(ROSTER_LIMITS, cells=100)
    assert refused(csv_bytes([HEAD, *people(50)]), limits=small) == "roster.too_large"
    assert refused(xlsx_bytes({"名单": [HEAD, *people(50)]}), limits=small) == "roster.too_large"


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("kind", ["path", "bytes"])
def test_reading_in_a_child_gives_the_same(kind, tmp_path):
    body = xlsx_bytes({"名单": [HEAD, *people(40)]})
    path = tmp_path / "名单.xlsx"
    path.write_bytes(body)
    table = read_roster_safely(path if kind == "path" else body, "名单.xlsx")
    assert judge_table(table).totals() == {"ok": 40}


@pytest.mark.slow
@pytest.mark.process
def test_refusals_of_the_child_come_through():
    assert refused(xlsx_bytes({"名单": [HEAD]}), read=read_roster_safely) == "roster.empty"


@pytest.mark.slow
@pytest.mark.process
def test_a_child_that_takes_too_long_is_stopped():
    limits = replace(ROSTER_LIMITS, wall_seconds=0.05)
    assert refused(GOOD, limits=limits, read=read_roster_safely) == "roster.timeout"


@pytest.mark.slow
@pytest.mark.process
def test_a_child_that_wants_too_much_memory_is_stopped():
    xml = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="Z1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    limits = replace(ROSTER_LIMITS, memory_bytes=900 * 1024 * 1024)
    body = repacked({SHEET: xml})
    assert refused(body, limits=limits, read=read_roster_safely) == "roster.bomb"
