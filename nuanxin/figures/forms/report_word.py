"""A report as Word document: real headings, tables and links, charts as pictures, notes at the end.

python-docx writes text as text: a sign that would begin a field or a formula stays a sign.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document as WordDocument
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from nuanxin.figures.forms.report_pdf import chart_png, drawn

_TYPE = "Microsoft YaHei"
_RED, _DEEP = RGBColor(0xC8, 0x32, 0x1F), RGBColor(0x8F, 0x1F, 0x12)
_INK, _SOFT = RGBColor(0x1F, 0x1B, 0x18), RGBColor(0x5F, 0x57, 0x50)
_HAIR, _RULE, _PAPER = "E7DED3", "CFC3B5", "FBF7F2"
_ROUNDING = "人数按公布的规则取到最近的整十，写着“取到 10”。"
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Written into every file, so that the same report gives the same file."""


def report_word(report: dict[str, Any], family: str, fonts: Path) -> bytes:
    """Return the docx of a linked report (``report_files``)."""
    word = WordDocument()
    _set_up(word, report)
    _head(word, report)
    for block in drawn(report, family)["blocks"]:
        _block(word, block, family, fonts)
    if report["issuer"]:
        issuer = _paragraph(word, report["issuer"], colour=_SOFT)
        issuer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if report["notes"]:
        _notes(word, report)
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def _set_up(word: Word, report: dict[str, Any]) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(26)
    section.top_margin = section.bottom_margin = Mm(24)
    told = word.core_properties
    told.title, told.author, told.comments = report["title"], report["issuer"], ""
    told.language, told.created, told.modified = "zh-CN", _MADE, _MADE
    for name, size, colour in (
        ("Normal", 11.0, _INK), ("Title", 22.0, _INK), ("Heading 1", 15.0, _DEEP),
        ("Heading 2", 15.0, _DEEP), ("Heading 3", 12.5, _DEEP), ("Heading 4", 11.5, _DEEP),
    ):  # fmt: skip
        style: Any = word.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), colour
        style.font.name = _TYPE
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(kind), _TYPE)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    word.styles["Normal"].paragraph_format.line_spacing = 1.5


def _head(word: Word, report: dict[str, Any]) -> None:
    title = word.add_paragraph(style="Title")
    title.add_run(report["title"])
    _edge(title, "bottom", "auto", 0)
    if report["subtitle"]:
        _paragraph(word, report["subtitle"], size=13, colour=_SOFT)
    time = report["period"] or f"截至{report['as_of']}"
    when = _paragraph(word, f"{report['region_name']}，{time}", size=10, colour=_SOFT)
    _edge(when, "bottom", "C8321F", 18)


def _block(word: Word, block: dict[str, Any], family: str, fonts: Path) -> None:
    match block["kind"]:
        case "heading":
            level = 2 if block["level"] < 3 else block["level"]
            _inlines(word.add_heading(level=level), block["inlines"])
        case "paragraph":
            paragraph = word.add_paragraph()
            paragraph.paragraph_format.first_line_indent = Pt(22)
            _inlines(paragraph, block["inlines"])
        case "list":
            _list(word, block)
        case "quote":
            for inner in block["blocks"]:
                _block(word, inner, family, fonts)
        case "table":
            _grid(word, block["head"], block["rows"], block["aligns"])
        case "figures-table":
            _figures_table(word, block)
        case "boxes":
            _boxes(word, block)
        case "trend" | "bars":
            _caption(word, block)
            picture = io.BytesIO(chart_png(block["svg"], family, fonts))
            shape = word.add_picture(picture, width=Mm(158))
            shape._inline.docPr.set("descr", block["alt"])
            if block["kind"] == "trend":
                _paragraph(word, block["alt"], size=9, colour=_SOFT)
            else:
                _bar_numbers(word, block)


def _bar_numbers(word: Word, block: dict[str, Any]) -> None:
    """Under the picture the same numbers in words, each with its link."""
    paragraph = word.add_paragraph()
    for row in block["rows"]:
        _run(paragraph, f"{row['label']}\u2002", size=9, colour=_SOFT)
        if row["href"]:
            _link(paragraph, row["href"], row["text"], size=9)
        else:
            _run(paragraph, row["text"], size=9, colour=_SOFT)
        _run(paragraph, "\u2003", size=9)


def _list(word: Word, block: dict[str, Any]) -> None:
    for item in block["items"]:
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.left_indent = Pt(22 + 18 * item["level"])
        paragraph.paragraph_format.first_line_indent = Pt(-14)
        paragraph.add_run(f"{item['mark'] or '·'}\u2002")
        _inlines(paragraph, item["inlines"])


def _figures_table(word: Word, block: dict[str, Any]) -> None:
    _caption(word, block)
    head: list[list[dict[str, Any]]] = [[_plain(block["corner"])]]
    head += [[_plain(one["label"]), *_mark(one["note"])] for one in block["columns"]]
    rows = [[[_plain(row["label"])], *([cell] for cell in row["cells"])] for row in block["rows"]]
    _grid(word, head, rows, ["left"] + ["right"] * len(block["columns"]))


def _grid(
    word: Word,
    head: Sequence[Sequence[dict[str, Any]]],
    rows: Sequence[Sequence[Sequence[dict[str, Any]]]],
    aligns: Sequence[str],
) -> None:
    table = word.add_table(rows=1 + len(rows), cols=len(head))
    for number, (line, row) in enumerate(zip([head, *rows], table.rows, strict=True)):
        for cell, parts, align in zip(row.cells, line, aligns, strict=False):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            if align == "right":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _inlines(paragraph, parts, size=9.5)
            _border(cell, bottom=(_RULE, 8) if number == 0 else (_HAIR, 4))
    _repeat(table.rows[0]._tr)
    word.add_paragraph()


def _boxes(word: Word, block: dict[str, Any]) -> None:
    title = word.add_paragraph()
    title.paragraph_format.keep_with_next = True
    _edge(title, "top", "C8321F", 18)
    if block["name"]:
        _run(title, f"{block['name']}\u2003", colour=_DEEP)
    _run(title, block["title"], size=12)
    rows = block["rows"]
    columns = 1 if len(rows) == 1 else 2
    table = word.add_table(rows=-(-len(rows) // columns), cols=columns)
    for number, row in enumerate(rows):
        cell = table.cell(number // columns, number % columns)
        _border(cell, bottom=(_HAIR, 4), fill=_PAPER)
        _run(cell.paragraphs[0], row["label"], size=9.5, colour=_SOFT)
        value = cell.add_paragraph()
        if row["kind"] == "absent":
            _run(value, row["text"], size=12, colour=_SOFT)
            continue
        if row.get("href"):
            _link(value, row["href"], row["text"], size=24, colour=_DEEP)
        else:
            _run(value, row["text"], size=24, colour=_DEEP)
        _run(value, f" {row['unit']}", size=11, colour=_SOFT)
        _inlines(value, _mark(row.get("note")))
    word.add_paragraph()


def _caption(word: Word, block: dict[str, Any]) -> None:
    if not block["title"]:
        return
    caption = word.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    unit = f"，{block['unit']}" if block.get("unit") else ""
    _run(caption, f"{block['title']}{unit}", size=10, colour=_DEEP)
    for one in block.get("lines", [block]):
        _inlines(caption, _mark(one.get("note")))


def _notes(word: Word, report: dict[str, Any]) -> None:
    word.add_heading("数的来历", level=3)
    heads = ("注", "指标", "哪里", "什么时候", "数值", "口径", "指纹")
    rows = [
        [
            [_plain(str(one["note"]))],
            [
                _plain(
                    f"{one['label']}（{one['cut']}）" if one["cut"] else one["label"], one["href"]
                )
            ],
            [_plain(one["place"])],
            [_plain(one["when"])],
            [_plain(one["exact"] or "见表、图")],
            [_plain(f"第 {one['version']} 版")],
            [_plain(one["digest"])],
        ]
        for one in report["notes"]
    ]
    _grid(word, [[_plain(head)] for head in heads], rows, ["left"] * len(heads))
    for one in report["definitions"]:
        said = f"{one['label']}，口径第 {one['version']} 版：{one['text']}"
        _paragraph(word, said, size=9, colour=_SOFT)
    _paragraph(word, _ROUNDING, size=9, colour=_SOFT)
    _paragraph(word, f"全篇指纹 {report['digest']}。", size=9, colour=_SOFT)


# ---- small parts ------------------------------------------------------------------------------


def _plain(text: str, href: str = "") -> dict[str, Any]:
    return {"kind": "text", "text": text, "bold": False, "italic": False, "href": href}


def _mark(note: int | None) -> list[dict[str, Any]]:
    return [] if note is None else [{"kind": "mark", "text": str(note)}]


def _inlines(paragraph: Paragraph, parts: Sequence[dict[str, Any]], size: float = 0) -> None:
    for part in parts:
        kind = part["kind"]
        if kind == "break":
            paragraph.add_run().add_break()
        elif kind == "mark":
            _run(paragraph, part["text"], size=8, colour=_SOFT).font.superscript = True
        elif kind == "absent":
            _run(paragraph, part["text"], size=size, colour=_SOFT)
        else:
            text = part["text"] + part.get("unit", "")
            if part.get("href"):
                _link(paragraph, part["href"], text, size=size)
            else:
                run = _run(paragraph, text, size=size)
                run.bold, run.italic = part.get("bold") or None, part.get("italic") or None
            _inlines(paragraph, _mark(part.get("note")))


def _run(
    paragraph: Paragraph, text: str, *, size: float = 0, colour: RGBColor | None = None
) -> Any:
    run = paragraph.add_run(text)
    if size:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _paragraph(
    word: Word, text: str, *, size: float = 0, colour: RGBColor | None = None
) -> Paragraph:
    paragraph = word.add_paragraph()
    _run(paragraph, text, size=size, colour=colour)
    return paragraph


def _link(
    paragraph: Paragraph, href: str, text: str, *, size: float = 0, colour: RGBColor | None = None
) -> None:
    """Add a real hyperlink; python-docx reads them but has no words for adding one."""
    relation = paragraph.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = _run(paragraph, text, size=size, colour=colour)
    link.append(run._r)
    paragraph._p.append(link)


def _edge(paragraph: Paragraph, side: str, colour: str, eighths: int) -> None:
    """Draw a line over or under a paragraph."""
    properties = paragraph._p.get_or_add_pPr()
    for old in properties.findall(qn("w:pBdr")):
        properties.remove(old)
    borders = OxmlElement("w:pBdr")
    borders.append(_line(side, colour, eighths))
    properties.append(borders)


def _border(cell: _Cell, *, bottom: tuple[str, int], fill: str = "") -> None:
    properties = cell._tc.get_or_add_tcPr()
    borders = OxmlElement("w:tcBorders")
    borders.append(_line("bottom", *bottom))
    properties.append(borders)
    if fill:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), fill)
        properties.append(shade)


def _line(side: str, colour: str, eighths: int) -> Any:
    line = OxmlElement(f"w:{side}")
    line.set(qn("w:val"), "single" if eighths else "nil")
    line.set(qn("w:sz"), str(eighths))
    line.set(qn("w:space"), "6")
    line.set(qn("w:color"), colour)
    return line


def _repeat(row: Any) -> None:
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    row.get_or_add_trPr().append(head)
