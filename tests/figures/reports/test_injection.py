"""What a report says stays text: in HTML, in typst, in Word, in the drawing of a chart."""

import io
import zipfile

import pypdf
import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from nuanxin.figures.queries.reports import compose_report
from tests.figures.conftest import NOW

pytestmark = pytest.mark.slow

NASTY = """---
标题: '<b>题</b> #panic("x") {{ orgs.unions }}'
落款: '<img src=x onerror=alert(1)>'
---
<script>alert(1)</script> &lt;b&gt; #read("/etc/passwd") #eval("1+1") $1/0$ @nowhere \\#x

[坏链接](javascript:alert(1)) [数据](data:text/html,x) [好链接](https://union.example/a?b=1&c=2)

![图](https://elsewhere.example/x.png)

=HYPERLINK("https://evil.example","x") =1+1 {DATE} {{ orgs.unions | unit }}

```boxes name="<i>数据</i>" title="#set page(width: 1cm)"
<u>工会</u> #strong[x] | {{ orgs.unions | unit }}
=cmd() | =1+1
```

```bars title="</svg><script>alert(2)</script>"
</text><image href="x"/> | {{ orgs.unions }}
```
"""


def test_html_shows_markup_as_letters(made):
    page = made(NASTY, "html").decode()
    assert "&lt;script&gt;alert(1)" in page
    for bad in ("<script", "<img", "<b>题", "<u>", "<i>", "<image", '="javascript:', '="data:'):
        assert bad not in page.partition("</style>")[2]
    assert 'href="https://union.example/a?b=1&amp;c=2"' in page


def test_typst_runs_nothing_of_it(made):
    pdf = pypdf.PdfReader(io.BytesIO(made(NASTY, "pdf")))
    text = "".join(page.extract_text() for page in pdf.pages)
    assert '#read("/etc/passwd")' in text
    assert "$1/0$" in text
    assert "root:" not in text
    assert float(pdf.pages[0].mediabox.width) > 500


def test_word_holds_no_field_and_no_way_out_but_links(made):
    body = made(NASTY, "docx")
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert not [name for name in names if "vba" in name.lower() or "activeX" in name]
    word = Document(io.BytesIO(body))
    xml = word.element.xml
    assert "w:instrText" not in xml
    assert "w:fldSimple" not in xml
    outside = {
        rel.target_ref
        for rel in word.part.rels.values()
        if rel.is_external and rel.reltype == RELATIONSHIP_TYPE.HYPERLINK
    }
    assert {one.partition(":")[0] for one in outside} == {"https"}
    assert '=HYPERLINK("https://evil.example","x") =1+1 {DATE}' in "\n".join(
        p.text for p in word.paragraphs
    )


def test_the_signs_that_stand_for_numbers_cannot_be_typed(world):
    composed = compose_report("\U000f0000\U00100000\ue000 {{ orgs.unions }}", now=NOW)
    assert composed.document is not None
    said = composed.document["blocks"][0]["inlines"][0]["text"]
    assert said == "□□□ "


@pytest.mark.parametrize(
    "text",
    ["> " * 300 + "深", "- " * 300 + "深", "[" * 5_000, "*" * 20_000, "`" * 9_999, "{{" * 9_999],
    ids=["quotes", "lists", "brackets", "stars", "ticks", "braces"],
)
def test_deep_and_endless_signs_are_read_in_time(world, text):
    compose_report(text, now=NOW)
