"""Publications as people read them: lists, one version with its lines, versions side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q

from nuanxin.figures import permissions
from nuanxin.figures.models import Approval, Publication, PublicationLine
from nuanxin.figures.queries.when import When
from nuanxin.figures.rules.sealing import FORMATS, rows_seal
from nuanxin.figures.rules.small_numbers import published
from nuanxin.figures.states import EVERYBODY_READS, UNDER_WAY, PublicationState
from nuanxin.kernel import occupations, policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import RATIO_DECIMALS
from nuanxin.membership.states import Channel

PAGE_SIZE = 20
LINES_LIMIT = 2_000
VERSIONS_LIMIT = 50
_HIGHEST = 1 << 31


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """A page of versions, the newest first; ``next`` is a cursor, None on the last page."""

    items: tuple[Publication, ...]
    next: str | None


def list_published(
    *, after: str = "", region: int | None = None, limit: int = PAGE_SIZE
) -> PublicationPage:
    """Return what everybody may read, the latest first; older versions too. Raises ``Malformed``."""
    rows = Publication.objects.filter(number__isnull=False).select_related("union")
    if region is not None:
        rows = rows.filter(region=region)
    if after:
        rows = rows.filter(number__lt=_place(after))
    found = list(rows.order_by("-number")[: limit + 1])
    more = len(found) > limit
    return PublicationPage(
        tuple(found[:limit]), encode_cursor([found[limit - 1].number]) if more else None
    )


def list_for_desk(
    *, actor: Actor, which: str = "", after: str = "", limit: int = PAGE_SIZE
) -> PublicationPage:
    """Return the versions in the actor's scope; ``which`` is "", "open" or "published"."""
    scope = Q()
    for path in policy.scope_paths(actor, "figure.drafts"):
        scope |= Q(union__path__startswith=path)
    rows = Publication.objects.filter(scope or Q(pk__isnull=True)).select_related("union")
    if which == "open":
        rows = rows.filter(state__in=UNDER_WAY)
    elif which == "published":
        rows = rows.filter(state__in=EVERYBODY_READS)
    if after:
        rows = rows.filter(id__lt=_place(after))
    found = list(rows.order_by("-id")[: limit + 1])
    more = len(found) > limit
    return PublicationPage(
        tuple(found[:limit]), encode_cursor([found[limit - 1].id]) if more else None
    )


def _place(after: str) -> int:
    """Return where a list goes on. Raises ``Malformed`` cursor.unreadable."""
    (place,) = decode_cursor(after, length=1)
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < _HIGHEST:
        raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")
    return place


def get_published(publication_id: int) -> Publication:
    """Return a version that everybody may read; raise ``NotFound`` for any other."""
    found = (
        Publication.objects.filter(id=publication_id, number__isnull=False)
        .select_related("union")
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def get_for_desk(*, actor: Actor, publication_id: int) -> Publication:
    """Return a version in the actor's scope. Raises ``NotFound``, ``Forbidden``."""
    found = Publication.objects.filter(id=publication_id).select_related("union").first()
    if found is None:
        raise NotFound()
    permissions.check_can_see_drafts(actor, path=found.union.path)
    return found


def lines_of(publication_id: int) -> list[PublicationLine]:
    """Return the lines of a version in their order, at most ``LINES_LIMIT``."""
    rows = PublicationLine.objects.filter(publication_id=publication_id)
    return list(rows.order_by("position", "id")[:LINES_LIMIT])


def approvals_of(publication: Publication) -> list[Approval]:
    """Return who approved this round, in order."""
    rows = Approval.objects.filter(publication=publication, round=publication.round)
    return list(rows.order_by("approved_at", "id")[:10])


def versions_of(series_id: int, *, frozen_only: bool) -> list[Publication]:
    """Return the versions of a series, the newest first."""
    rows = Publication.objects.filter(series_id=series_id)
    if frozen_only:
        rows = rows.filter(number__isnull=False)
    return list(rows.order_by("-version")[:VERSIONS_LIMIT])


def last_values(publication: Publication) -> dict[tuple[str, int, str, str], int]:
    """Return what the publication of the region before this one measured, by figure, region and cut.

    A correction is compared with what it corrects; any other with the latest that stands for an
    earlier day of the same kind of period.
    """
    earlier = Publication.objects.filter(number__isnull=False, region=publication.region)
    if publication.version > 1:
        earlier = earlier.filter(series_id=publication.series_id)
    else:
        earlier = earlier.filter(
            as_of__lt=publication.as_of,
            state=PublicationState.PUBLISHED,
            period_start__isnull=publication.period_start is None,
        )
    latest = earlier.order_by("-as_of", "-number").first()
    if latest is None or not _are_comparable(publication, latest):
        return {}
    return {
        line_key(line): line.counted for line in lines_of(latest.id) if line.counted is not None
    }


def _are_comparable(one: Publication, other: Publication) -> bool:
    """Return whether both count over periods of like length; as of a day they always do."""
    if one.period_start is None or other.period_start is None:
        return True
    days = (one.as_of - one.period_start).days - (other.as_of - other.period_start).days
    return abs(days) <= _LIKE_DAYS


_LIKE_DAYS = 3


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One figure in two versions; None where a version withholds it or (``is_in_…``) has it not.

    ``rounded_to`` is the coarser of what the two are rounded to.
    """

    label: str
    region: int
    cut: str
    unit: str
    before: int | None
    after: int | None
    rounded_to: int = 1
    is_in_before: bool = True
    is_in_after: bool = True
    decimals: int = 0

    @property
    def change(self) -> int | None:
        """Return after less before, both written alike."""
        before, after = self._alike(self.before), self._alike(self.after)
        return None if before is None or after is None else after - before

    @property
    def is_changed(self) -> bool:
        """Return whether the two say something else; to the one or to the ten is no difference."""
        if self.is_in_before != self.is_in_after:
            return True
        return self._alike(self.before) != self._alike(self.after)

    def _alike(self, value: int | None) -> int | None:
        if value is None or self.rounded_to == 1:
            return value
        return published(value, least=self.rounded_to)


def compare(
    before: Sequence[PublicationLine], after: Sequence[PublicationLine]
) -> list[ChangedLine]:
    """Return every line of either version with both values, in the order of the newer one."""
    old = {line_key(line): line for line in before}
    new = {line_key(line): line for line in after}
    rows = []
    for key in [*new, *(key for key in old if key not in new)]:
        one = new.get(key) or old[key]
        rows.append(
            ChangedLine(
                label=one.label,
                region=one.region,
                cut=cut_words(one),
                unit=one.unit,
                before=old[key].value if key in old else None,
                after=new[key].value if key in new else None,
                rounded_to=max(line.rounded_to for line in (old.get(key), new.get(key)) if line),
                is_in_before=key in old,
                is_in_after=key in new,
                decimals=one.decimals,
            )
        )
    return rows


def line_key(line: PublicationLine) -> tuple[str, int, str, str]:
    """Return what makes a line one of its kind."""
    return (line.code, line.region, line.occupation, line.channel)


def cut_words(line: PublicationLine) -> str:
    """Return the occupation and channel of a line in words, "" for all together."""
    words = []
    if line.occupation:
        words.append(occupations.occupation(line.occupation).label)
    words += [one.label for one in Channel if one.code == line.channel]
    return "、".join(words)


def when_of(publication: Publication) -> When:
    """Return which days a version counts, as known when."""
    return When(publication.as_of, publication.period_start, publication.known_at)


def content_of(publication: Publication, lines: Iterable[PublicationLine]) -> dict[str, Any]:
    """Return what is signed: everything that a reader is told of a version. No person is named."""
    return {
        "format": FORMATS[publication.format],
        "series": publication.series_id,
        "version": publication.version,
        "is_withdrawal": publication.is_withdrawal,
        "title": publication.title,
        "union": publication.union.code,
        "region": str(publication.region),
        "period_start": _day(publication.period_start),
        "as_of": _day(publication.as_of),
        "known_at": _instant(publication.known_at),
        "measured_at": _instant(publication.measured_at),
        "published_at": _instant(publication.published_at),
        "least_persons": publication.least_persons,
        "reason": publication.reason,
        "number": publication.number,
        "previous": publication.previous_hash,
        "lines": [_line_content(line, publication.format) for line in lines],
    }


def seal_of(line: PublicationLine, publication: Publication) -> str:
    """Return the seal of a line of format 2; of format 1, which had none, ""."""
    if publication.salt is None:
        return ""
    measured = [line.measured, line.rows_count, line.rows_hash]
    if line.is_rate:
        measured += [line.measured_numerator, line.measured_denominator]
    return rows_seal(
        bytes(publication.salt), [line.code, str(line.region), *line_key(line)[2:], *measured]
    )


def _line_content(line: PublicationLine, text_format: int) -> dict[str, Any]:
    bound: dict[str, Any] = {"rounded_to": line.rounded_to, "seal": line.rows_seal}
    if text_format == 1:
        bound = {"rows_hash": line.rows_hash or None, "rows": line.rows_count}
    return {
        "position": line.position,
        "code": line.code,
        "label": line.label,
        "unit": line.unit,
        "definition": line.definition,
        "definition_version": line.definition_version,
        "region": str(line.region),
        "region_name": regions.full_name(str(line.region), with_province=line.region % 10_000 == 0),
        "occupation": line.occupation or None,
        "channel": line.channel or None,
        "period_start": _day(line.period_start),
        "as_of": _day(line.as_of),
        "value": line.value,
        "withheld": line.is_withheld,
        "digest": line.digest,
        "note": line.note or None,
        **bound,
        **(_rate_content(line) if line.is_rate else {}),
    }


def _rate_content(line: PublicationLine) -> dict[str, Any]:
    """Return what is told of a rate besides: its value is in hundredths of a percent."""
    return {
        "decimals": RATIO_DECIMALS,
        "numerator": line.numerator,
        "denominator": line.denominator,
        "denominator_label": line.denominator_label,
        "denominator_source": line.denominator_source or None,
        "denominator_as_of": _day(line.denominator_as_of),
    }


def digest_parts(line: PublicationLine) -> list[Any]:
    """Return what the fingerprint of a rate has besides its value, nothing of any other line."""
    if not line.is_rate:
        return []
    return [
        line.numerator,
        line.denominator,
        line.denominator_source,
        _day(line.denominator_as_of),
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat()
