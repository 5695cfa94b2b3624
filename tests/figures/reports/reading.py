"""A document as its readers read it."""

from collections.abc import Iterator
from typing import Any


def text_of(document: dict[str, Any]) -> str:
    """Return the text of a document, a block a line."""
    return "\n".join(_of_blocks(document["blocks"]))


def _of_blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        for key in ("name", "title"):
            if block.get(key):
                yield block[key]
        if "inlines" in block:
            yield _inlines(block["inlines"])
        for item in block.get("items", ()):
            yield _inlines(item["inlines"])
        yield from _of_blocks(block.get("blocks", []))
        for row in [block.get("head", []), *block.get("rows", [])]:
            cells = row if isinstance(row, list) else row.get("cells", [row])
            label = row.get("label", "") if isinstance(row, dict) else ""
            yield label + " ".join(
                _inlines(cell) if isinstance(cell, list) else _inline(cell) for cell in cells
            )


def _inlines(inlines: list[dict[str, Any]]) -> str:
    return "".join(_inline(one) for one in inlines)


def _inline(one: dict[str, Any]) -> str:
    return f"{one.get('text', '')}{one.get('unit', '')}"
