"""The files that reports become, opened again with other programs' eyes."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from nuanxin.figures.queries.report_templates import list_templates
from nuanxin.figures.queries.reports import compose_report
from tests.figures.conftest import NOW
from tests.figures.reports.conftest import SITE

pytestmark = pytest.mark.slow

REPORT = """---
标题: 杭州市新就业形态劳动者入会情况
地区: 3301
时间段: 2024-01..2026-09
落款: 杭州市总工会
---

## 五年，多少人有了自己的工会

{{ report.period }}，新发展会员{{ membership.new_members_persons | unit }}，在籍**{{ membership.live_members_persons | unit }}**。

```boxes name="数据1" title="建会入会情况"
在册工会 | {{ orgs.unions | unit }}
参加医疗互助 | {{ aid.mutual_persons optional=还没有数据源 }}
```

```figures-table each=counties title="各县" small=不公布
在籍会员（人） | {{ membership.live_members_persons }}
```

```trend months=12 title="一月一月" small=不公布
在籍会员 | {{ membership.live_members_persons }}
```

```bars each=channels title="从哪个门进来" small=不公布
在籍会员 | {{ membership.live_members_persons }}
```
"""


def test_html_stands_alone_and_links_each_number_to_its_figure_and_question(made):
    page = made(REPORT, "html").decode()
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|https://union\.example/)', page)
    links = [urlsplit(one) for one in re.findall(rf'href="({SITE}[^"]*)"', page)]
    asked = parse_qs(links[0].query.replace("&amp;", "&"))
    assert links[0].path == "/figures/number/membership.new_members_persons/"
    assert asked["region"] == ["330100"]
    assert asked["period"] == ["2024-01-01..2026-09-30"]
    assert len(asked["digest"][0]) == 16


def test_every_note_of_the_page_is_there(made):
    page = made(REPORT, "html").decode()
    called = set(re.findall(r'href="#(n\d+)"', page))
    assert called
    assert called == set(re.findall(r'<tr id="(n\d+)"', page))


def test_word_opens_again_with_headings_tables_links_and_pictures(made):
    word = Document(io.BytesIO(made(REPORT, "docx")))
    assert [p.text for p in word.paragraphs if p.style.name == "Title"] == [
        "杭州市新就业形态劳动者入会情况"
    ]
    assert any(p.style.name == "Heading 2" for p in word.paragraphs)
    links = [
        rel.target_ref
        for rel in word.part.rels.values()
        if rel.reltype == RELATIONSHIP_TYPE.HYPERLINK
    ]
    composed = compose_report(REPORT, now=NOW)
    assert {urlsplit(link).netloc for link in links} == {"union.example"}
    shown = word.element.body.xpath(".//w:hyperlink")
    assert len(shown) >= len(composed.document["notes"]) - 3
    assert len(word.inline_shapes) == 2
    text = "\n".join(p.text for p in word.paragraphs)
    assert "2024年1月至2026年9月，新发展会员" in text
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert "还没有数据源" in " ".join(cells)
    assert composed.document["numbers"][0]["digest"] in cells


def test_a_pdf_reads_back_with_its_chinese_and_its_links(made):
    pdf = pypdf.PdfReader(io.BytesIO(made(REPORT, "pdf")))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pdf.pages))
    composed = compose_report(REPORT, now=NOW)
    assert "杭州市新就业形态劳动者入会情况" in text
    assert "2024年1月至2026年9月，新发展会员" in text
    assert "还没有数据源" in text
    assert composed.document["digest"] in text
    for note in composed.document["notes"]:
        assert note["digest"] in text
    links = [
        note["/A"]["/URI"]
        for page in pdf.pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get("/A", {})
    ]
    assert len(links) >= len(composed.document["numbers"])
    assert all(link.startswith(f"{SITE}/figures/") for link in links)


@pytest.mark.parametrize("kind", ["html", "docx", "pdf"])
@pytest.mark.parametrize("template", list_templates(), ids=lambda one: one.name)
def test_every_template_is_made_of_a_small_world(made, template, kind):
    assert len(made(template.source, kind)) > 5_000


def test_the_five_years_bring_the_two_boxes(world):
    five = next(one for one in list_templates() if one.name == "five-years")
    document = compose_report(five.source, now=NOW).document
    boxes = [block for block in document["blocks"] if block["kind"] == "boxes"]
    assert [box["name"] for box in boxes] == ["数据1", "数据2"]
    assert [row["kind"] for row in boxes[0]["rows"]] == ["number", "number"]
    assert {row["text"] for row in boxes[1]["rows"]} == {"还没有数据源"}


def test_the_same_report_gives_the_same_fingerprint(world):
    one, other = (compose_report(REPORT, now=NOW).document for _ in range(2))
    assert one["digest"] == other["digest"]
    later = compose_report(REPORT.replace("2026-09", "2026-08"), now=NOW).document
    assert later["digest"] != one["digest"]
