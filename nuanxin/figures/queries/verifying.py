"""Verifying publications: what was signed, the chain, and every number again from its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nuanxin.figures.models import Publication, PublicationLine
from nuanxin.figures.queries.deriving import RATIOS, Derived, derive, line_digest, told_parts
from nuanxin.figures.queries.publication_key import public_keys
from nuanxin.figures.queries.publications import (
    content_of,
    digest_parts,
    line_key,
    lines_of,
    seal_of,
    when_of,
)
from nuanxin.figures.rules.sealing import NO_HASH, content_hash, is_signed
from nuanxin.figures.rules.small_numbers import told_of
from nuanxin.kernel import regions
from nuanxin.kernel.figure import Unit


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not stand; ``line`` names the figure and place where it is one line's matter."""

    code: str
    sentence: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at of one version, and the first thing that does not stand."""

    publication: Publication
    lines: int
    rederived: bool
    fault: Fault | None = None

    @property
    def stands(self) -> bool:
        """Return whether everything that was looked at is as published."""
        return self.fault is None

    def as_plain(self) -> dict[str, Any]:
        """Return it as the API and the command line print it."""
        return {
            "publication": self.publication.id,
            "number": self.publication.number,
            "version": self.publication.version,
            "title": self.publication.title,
            "hash": self.publication.content_hash,
            "lines": self.lines,
            "rederived": self.rederived,
            "stands": self.stands,
            "fault": None
            if self.fault is None
            else {
                "code": self.fault.code,
                "sentence": self.fault.sentence,
                "line": self.fault.line or None,
            },
        }


def verify_seal(publication: Publication, lines: list[PublicationLine]) -> Fault | None:
    """Return what does not stand of text, signature, chain and fingerprints; cheap."""
    for line in lines:
        if line.digest != digest_of(line, publication):
            return Fault(
                "figures.digest_differs",
                f"{_where(line)}的测算指纹和它的数对不上：发布以后被改过。",
                _where(line),
            )
        if line.rows_seal != seal_of(line, publication) or not _is_told_by_rule(line, publication):
            return Fault(
                "figures.seal_differs",
                f"{_where(line)}的明细封条和实测的数对不上：发布以后被改过。",
                _where(line),
            )
    if content_hash(content_of(publication, lines)) != publication.content_hash:
        return Fault(
            "figures.content_differs", "发布的文字或数和发布时的指纹对不上：发布以后被改过。"
        )
    signature = bytes(publication.signature or b"")
    if not is_signed(publication.content_hash, signature, public_keys()):
        return Fault("figures.signature_differs", "签名对不上：不是本平台的钥匙签的，或者被改过。")
    return _chain_fault(publication)


def _chain_fault(publication: Publication) -> Fault | None:
    number = publication.number or 0
    before = NO_HASH
    if number > 1:
        before = (
            Publication.objects.filter(number=number - 1)
            .values_list("content_hash", flat=True)
            .first()
            or ""
        )
    if before != publication.previous_hash:
        return Fault(
            "figures.chain_broken",
            f"第 {number} 号发布和上一号接不上：前面的发布被换过或被拿走了。",
        )
    return None


def rederive_fault(publication: Publication, lines: list[PublicationLine]) -> Fault | None:
    """Return the first line that the rows do not give again; one scan of the flows.

    Whatever is withheld is derived too, but for format 1. The sentence is for everybody: it tells
    numbers as they may be published.
    """
    known = [line for line in lines if line.counted is not None]
    found = derive([line_key(line) for line in known], when_of(publication), top=publication.region)
    for line in known:
        again = found.get(line_key(line))
        if again is None or (again.value, again.parts) != (line.counted, _parts(line)):
            return Fault("figures.value_differs", _value_sentence(line, again), _where(line))
        if again.rows.hash != line.rows_hash:
            return Fault(
                "figures.rows_differ",
                f"{_where(line)}的数没变，明细却不是发布时的那些行了。",
                _where(line),
            )
    return None


def _parts(line: PublicationLine) -> tuple[int, int] | None:
    if line.measured_numerator is None or line.measured_denominator is None:
        return None
    return line.measured_numerator, line.measured_denominator


def _value_sentence(line: PublicationLine, again: Derived | None) -> str:
    if again is None:
        return f"{_where(line)}按当时所知重算，算不出来了：缺了明细或者分母。"
    least = line.publication.least_persons
    if again.parts is not None:
        value = told_parts(line.code, again.parts, least=least)[0]
    else:
        value, _ = told_of(again.value, _unit_of(line), least=least)
    if value == line.value:
        return f"{_where(line)}公布的数没变，重算出来的实测数却和发布时不一样。"
    was, now = (_said(one, line.decimals) for one in (line.value, value))
    return f"{_where(line)}发布的是 {was}，按当时所知重算，公布的数是 {now}。"


def _said(value: int | None, decimals: int) -> str:
    if value is None:
        return "不公布"
    return f"{value / 10.0**decimals:.{decimals}f}%" if decimals else f"{value:,}"


def _is_told_by_rule(line: PublicationLine, publication: Publication) -> bool:
    """Return whether the public number follows from the measured one; of format 1 it is the same."""
    if publication.salt is None or line.measured is None:
        return publication.format == 1
    if (line.code in RATIOS) != line.is_rate:
        return False
    parts = _parts(line)
    if parts is not None:
        rate = told_parts(line.code, parts, least=publication.least_persons)
        return (*rate, line.value is None) == (
            line.value, line.numerator, line.denominator, line.is_withheld,
        )  # fmt: skip
    told = told_of(line.measured, _unit_of(line), least=publication.least_persons)
    return told == (line.value, line.rounded_to) and line.is_withheld == (line.value is None)


def _unit_of(line: PublicationLine) -> Unit:
    return next(unit for unit in Unit if unit.label == line.unit)


def verify_publication(publication: Publication, *, rederive: bool) -> Verification:
    """Verify one published version; with ``rederive`` every number again from its rows."""
    lines = lines_of(publication.id)
    fault = verify_seal(publication, lines)
    if fault is None and rederive:
        fault = rederive_fault(publication, lines)
    return Verification(publication, len(lines), rederive, fault)


def verify_all(
    *, only: int | None = None, told: Callable[[int, int], None] | None = None
) -> list[Verification]:
    """Verify all publications in the order of the chain, or one; stop after the first that differs.

    ``only`` is the id of a version. ``told`` hears how many are done, of how many.
    """
    rows = Publication.objects.filter(number__isnull=False).select_related("union")
    if only is not None:
        rows = rows.filter(id=only)
    numbers = list(rows.order_by("number").values_list("id", flat=True))
    done: list[Verification] = []
    for publication_id in numbers:
        publication = Publication.objects.select_related("union").get(id=publication_id)
        done.append(verify_publication(publication, rederive=True))
        if told is not None:
            told(len(done), len(numbers))
        if not done[-1].stands:
            break
    return done


def digest_of(line: PublicationLine, publication: Publication) -> str:
    """Return the fingerprint of a line's question and value, as ``measure`` makes it."""
    asked = line_key(line), line.definition_version, when_of(publication), line.value
    return line_digest(*asked, digest_parts(line))


def _where(line: PublicationLine) -> str:
    name = regions.full_name(str(line.region), with_province=line.region % 10_000 == 0)
    return f"{name}{line.label}"
