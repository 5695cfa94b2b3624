"""Drafts as files: told by their bytes, opened within limits, refused with a sentence."""

import io
import zipfile
from dataclasses import replace

import pytest
from pypdf import PdfWriter

from nuanxin.figures.forms.draft_file import read_draft
from nuanxin.figures.rules.claims.limits import DRAFT_LIMITS
from nuanxin.kernel.errors import Malformed
from tests.figures.documents import docx_of, docx_with, paragraph, pdf_of, table

SENTENCE = "全市建成驿站365个。"


def refusal_of(body, **limits):
    with pytest.raises(Malformed) as refused:
        read_draft(body, replace(DRAFT_LIMITS, **limits))
    assert "。" in refused.value.message
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_is_read_in_the_encodings_of_the_office(encoding):
    assert read_draft(SENTENCE.encode(encoding)) == SENTENCE


@pytest.mark.slow
def test_a_word_document_gives_paragraphs_tables_and_text_boxes():
    box = (
        f"<w:p><mc:AlternateContent><mc:Choice><w:txbxContent>{paragraph('框里365个')}"
        f"</w:txbxContent></mc:Choice><mc:Fallback>{paragraph('框里365个')}</mc:Fallback>"
        "</mc:AlternateContent></w:p>"
    )
    deleted = "<w:p><w:del><w:r><w:delText>删掉的999个</w:delText></w:r></w:del></w:p>"
    body = paragraph("标题") + table([["项目", "数"], ["新建工会", "12家"]]) + box + deleted
    lines = [line for line in read_draft(docx_with(body)).split("\n") if line]
    assert lines == ["标题", "项目\t数", "新建工会\t12家", "框里365个"]


@pytest.mark.slow
def test_a_pdf_gives_its_text_page_by_page():
    assert read_draft(pdf_of("shelters 365", "members 1,175,000")).split("\n") == [
        "shelters 365",
        "members 1,175,000",
    ]


@pytest.mark.slow
def test_a_pdf_of_pictures_alone_has_nothing_to_check():
    writer, buffer = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(buffer)
    assert refusal_of(buffer.getvalue()) == "figures.draft_only_pictures"


@pytest.mark.slow
def test_a_pdf_with_a_password_stays_shut():
    writer, buffer = PdfWriter(io.BytesIO(pdf_of("365"))), io.BytesIO()
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(buffer)
    assert refusal_of(buffer.getvalue()) == "figures.draft_password"


@pytest.mark.slow
def test_too_many_pages_are_asked_for_in_parts():
    assert refusal_of(pdf_of("1", "2", "3"), pages=2) == "figures.draft_too_many_pages"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7\nnothing behind it",
        b"PK\x03\x04 cut off",
        docx_with("<w:p>"),
        docx_of(SENTENCE)[:-30],
    ],
    ids=["pdf", "zip", "xml", "cut docx"],
)
def test_a_broken_file_is_refused(body):
    assert refusal_of(body) == "figures.draft_broken"


@pytest.mark.slow
def test_a_document_that_declares_entities_is_refused():
    head = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    assert refusal_of(docx_with(paragraph("&c;"), head=head)) == "figures.draft_bomb"


@pytest.mark.slow
def test_a_document_that_expands_is_stopped():
    body = docx_with(paragraph("一" * 2_000_000))
    assert len(body) < 100_000
    assert refusal_of(body, unpacked_bytes=1_000_000) == "figures.draft_bomb"
    assert refusal_of(body, characters=1_000_000) == "figures.draft_too_long"
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as package:
        for number in range(30):
            package.writestr(str(number), "")
    assert refusal_of(many.getvalue(), parts=20) == "figures.draft_bomb"


@pytest.mark.slow
@pytest.mark.process
def test_a_child_without_memory_or_time_costs_itself_alone():
    body = docx_of(*[SENTENCE] * 200_000)
    assert refusal_of(body, memory_bytes=24 * 1024 * 1024) in (
        "figures.draft_bomb",
        "figures.draft_broken",
    )
    assert refusal_of(body, wall_seconds=0.05) == "figures.draft_timeout"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "figures.draft_empty"),
        (b" \n\t ", "figures.draft_empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "figures.draft_not_text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 WordDocument", "figures.draft_old_word"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "figures.draft_password",
        ),
    ],
    ids=["empty", "blank", "picture", "old word", "password"],
)
def test_what_is_no_draft_is_refused_before_it_is_opened(body, code):
    assert refusal_of(body) == code


def test_a_file_beyond_the_limit_is_refused_unread():
    assert refusal_of(b"1" * 200, file_bytes=100) == "figures.draft_too_large"
