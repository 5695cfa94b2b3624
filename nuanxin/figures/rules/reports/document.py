"""From lines and answers to a document of plain values, which HTML, docx and PDF are made from.

Markdown is read without HTML and without pictures. Only ``http``, ``https`` and ``mailto`` links
stay links. The document holds text and numbers, never markup.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from nuanxin.figures.rules.reports.blocks import BlockMaker
from nuanxin.figures.rules.reports.fingerprint import digest_of
from nuanxin.figures.rules.reports.head import day_words, period_words
from nuanxin.figures.rules.reports.notes import Notes
from nuanxin.figures.rules.reports.source import BLOCK_SIGN, SLOT_SIGN, Source
from nuanxin.figures.rules.reports.values import Answers, Document

Inline = dict[str, Any]
_SIGNS = re.compile("([\U000f0000-\U000ffffd])")
_BLOCK = re.compile("[\U00100000-\U0010fffd]")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
FORMAT = 1
"""The form of a document; a frozen one keeps the form that it was made in."""


def make_document(source: Source, answers: Answers, *, nesting: int) -> Document:
    """Return the document of a report whose numbers are all answered."""
    return _Maker(source, answers, nesting).document()


class _Maker:
    def __init__(self, source: Source, answers: Answers, nesting: int) -> None:
        self.source, self.nesting = source, nesting
        self.notes = Notes(answers)
        self.maker = BlockMaker(source, answers, self.notes)
        self.bold = self.italic = 0
        self.href = ""

    def document(self) -> Document:
        """Return everything as plain values, with a fingerprint over it."""
        text = "\n".join(line.text for line in self.source.lines)
        reader = MarkdownIt("commonmark", {"html": False, "maxNesting": self.nesting})
        reader.enable("table").disable(["image", "html_block", "html_inline", "reference", "code"])
        blocks = list(self._blocks(reader.parse(text)))
        setting, head = self.source.setting, self.source.head
        made: Document = {
            "format": FORMAT,
            "title": head.title or _first_heading(blocks) or "未命名的报告",
            "subtitle": head.subtitle,
            "issuer": head.issuer,
            "region": setting.region,
            "region_name": setting.region_name,
            "period": period_words(setting.period) if setting.period else "",
            "as_of": day_words(setting.as_of),
            "blocks": blocks,
            **self.notes.as_plain(),
        }
        return {**made, "digest": digest_of(made)}

    def _blocks(self, tokens: Sequence[Token]) -> Iterator[dict[str, Any]]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _end_of(tokens, at)
            yield from self._block(token, tokens[at + 1 : end])
            at = end + 1

    def _block(self, token: Token, inside: Sequence[Token]) -> Iterator[dict[str, Any]]:
        match token.type:
            case "heading_open":
                yield {
                    "kind": "heading",
                    "level": min(4, int(token.tag[1:])),
                    "inlines": self._inlines_of(inside),
                }
            case "paragraph_open":
                yield from self._paragraph(inside)
            case "bullet_list_open" | "ordered_list_open":
                items = list(self._items(inside, token.type == "ordered_list_open", level=0))
                yield {"kind": "list", "items": items}
            case "blockquote_open":
                yield {"kind": "quote", "blocks": list(self._blocks(inside))}
            case "table_open":
                yield self._table(inside)
            case "hr":
                yield {"kind": "rule"}
            case _:
                return

    def _paragraph(self, inside: Sequence[Token]) -> Iterator[dict[str, Any]]:
        content = inside[0].content if inside else ""
        block = _BLOCK.fullmatch(content.strip())
        if block:
            yield self.maker.make(self.source.blocks[ord(block[0]) - BLOCK_SIGN])
        else:
            yield {"kind": "paragraph", "inlines": self._inlines_of(inside)}

    def _items(
        self, tokens: Sequence[Token], ordered: bool, level: int
    ) -> Iterator[dict[str, Any]]:
        at = number = 0
        while at < len(tokens):
            end = _end_of(tokens, at)
            number += 1
            mark = f"{number}." if ordered else ""
            inside = tokens[at + 1 : end]
            here = 0
            while here < len(inside):
                stop = _end_of(inside, here)
                token, body = inside[here], inside[here + 1 : stop]
                if token.type in ("bullet_list_open", "ordered_list_open"):
                    yield from self._items(body, token.type.startswith("ordered"), level + 1)
                elif token.type == "paragraph_open":
                    yield {"level": level, "mark": mark, "inlines": self._inlines_of(body)}
                    mark = ""
                here = stop + 1
            at = end + 1

    def _table(self, tokens: Sequence[Token]) -> dict[str, Any]:
        head: list[list[Inline]] = []
        rows: list[list[list[Inline]]] = []
        aligns: list[str] = []
        for at, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                cell = self._inlines_of(tokens[at + 1 : at + 2])
                (head if token.type == "th_open" else rows[-1]).append(cell)
                if token.type == "th_open":
                    style = str(token.attrs.get("style", ""))
                    aligns.append("right" if "right" in style else "left")
        body = [row for row in rows if row]
        return {"kind": "table", "head": head, "rows": body, "aligns": aligns}

    # ---- what stands in a line ------------------------------------------------------------------

    def _inlines_of(self, tokens: Sequence[Token]) -> list[Inline]:
        self.bold = self.italic = 0
        self.href = ""
        found: list[Inline] = []
        for token in tokens:
            for child in token.children or ():
                found += self._inline(child)
        return found

    def _inline(self, token: Token) -> Iterator[Inline]:
        match token.type:
            case "strong_open":
                self.bold += 1
            case "strong_close":
                self.bold -= 1
            case "em_open":
                self.italic += 1
            case "em_close":
                self.italic -= 1
            case "link_open":
                told = str(token.attrs.get("href", ""))
                self.href = told if _SAFE_LINK.fullmatch(told) else ""
            case "link_close":
                self.href = ""
            case "softbreak":
                return
            case "hardbreak":
                yield {"kind": "break"}
            case _:
                yield from self._text(token.content)

    def _text(self, text: str) -> Iterator[Inline]:
        for part in _SIGNS.split(_BLOCK.sub("", text)):
            if not part:
                continue
            if _SIGNS.fullmatch(part):
                slot = self.source.slots[ord(part) - SLOT_SIGN]
                yield {**self.notes.number(slot), "bold": bool(self.bold)}
            else:
                yield {
                    "kind": "text",
                    "text": part,
                    "bold": bool(self.bold),
                    "italic": bool(self.italic),
                    "href": self.href,
                }


def _end_of(tokens: Sequence[Token], at: int) -> int:
    """Return where what opens at ``at`` closes; ``at`` itself for what stands alone."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth <= 0:
            return index
    return len(tokens) - 1


def _first_heading(blocks: Sequence[dict[str, Any]]) -> str:
    for block in blocks:
        if block["kind"] == "heading":
            return "".join(str(one.get("text", "")) for one in block["inlines"])
    return ""
