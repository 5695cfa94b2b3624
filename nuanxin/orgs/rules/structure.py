"""Who may stand under whom, and when a union may be merged, split or ended."""

from collections.abc import Collection
from datetime import date

from nuanxin.kernel.decision import Decision, all_of
from nuanxin.orgs.states import DissolutionGround, UnionKind


def may_stand_under(
    kind: UnionKind, level: int, *, parent_kind: UnionKind, parent_level: int
) -> Decision:
    """Say whether a union of ``kind`` and ``level`` may have such a parent (U-1: upper leads lower).

    Levels count downwards from 1 (province); a federation stands under a higher one, others under
    one that is not lower.
    """
    facts = {"kind": kind.value, "level": level, "parent_level": parent_level}
    if kind is UnionKind.FEDERATION and parent_kind is not UnionKind.FEDERATION:
        return Decision.no(
            "orgs.federation_under_federation",
            f"总工会的上级只能是上一级总工会，不能是{parent_kind.label}。请另选上级。",
            facts=facts,
            fact="parent_kind",
            has=parent_kind.value,
            needs=UnionKind.FEDERATION.value,
        )
    is_higher = parent_level < level if kind is UnionKind.FEDERATION else parent_level <= level
    if not is_higher:
        return Decision.no(
            "orgs.parent_is_lower",
            "选的上级比这个工会的层级还低。请选上一级的工会。",
            facts=facts,
            fact="parent_level",
            has=parent_level,
            needs=level,
        )
    return Decision.yes("orgs.parent_fits", facts=facts)


def may_have_second_parent(
    kind: UnionKind,
    *,
    parent_kind: UnionKind,
    kinds: Collection[str],
    parent_kinds: Collection[str],
) -> Decision:
    """Say whether dual subordination is open to such a pair (U-2); the lists are parameters."""
    facts = {"kind": kind.value, "parent_kind": parent_kind.value}
    if kind.value not in kinds:
        return Decision.no(
            "orgs.no_dual_subordination",
            f"{kind.label}没有双重隶属。只保留一个上级就可以了。",
            facts=facts,
            fact="kind",
            has=kind.value,
            needs=sorted(kinds),
        )
    if parent_kind.value not in parent_kinds:
        return Decision.no(
            "orgs.second_parent_kind",
            f"{parent_kind.label}不能作为双重隶属的上级。请选产业、行业或者区域的上级工会。",
            facts=facts,
            fact="parent_kind",
            has=parent_kind.value,
            needs=sorted(parent_kinds),
        )
    return Decision.yes("orgs.second_parent_fits", facts=facts)


def has_document(document: str) -> Decision:
    """Say whether a decision of the upper union is named; unions never change at will (E-8)."""
    if document.strip():
        return Decision.yes("orgs.document_given")
    return Decision.no(
        "orgs.document_missing",
        "合并、分立和撤销工会要有上级工会的批复。请填上批复文号。",
        fact="document",
    )


def may_dissolve(
    ground: DissolutionGround, *, document: str, children: int, on: date, founded_on: date
) -> Decision:
    """Say whether a union may end on a day (工会法 a.13: with its employer, never at will).

    ``children`` is how many unions would still stand under it on or after that day.
    """
    parts = [_after_founding(on, founded_on)]
    if ground is DissolutionGround.UPPER_APPROVED:
        parts.append(has_document(document))
    if children:
        parts.append(
            Decision.no(
                "orgs.children_left",
                f"它下面还有 {children} 个工会。请先把它们移到别的上级，或者一并合并，再来撤销。",
                fact="children",
                has=children,
                needs=0,
            )
        )
    return all_of(parts, code="orgs.may_dissolve")


def may_end_by_merger(*, document: str, on: date, founded_on: date) -> Decision:
    """Say whether a union may go into another one on a day."""
    return all_of([_after_founding(on, founded_on), has_document(document)], code="orgs.may_merge")


def may_take_effect(effective_on: date, *, today: date) -> Decision:
    """Say whether a change may be entered now: on the day it takes effect or later, not before."""
    if effective_on <= today:
        return Decision.yes("orgs.in_effect")
    return Decision.no(
        "orgs.not_yet_in_effect",
        f"{effective_on} 还没有到。工会的变动从生效那天起登记，请到那天再来办。",
        fact="effective_on",
        has=effective_on.isoformat(),
        needs=today.isoformat(),
    )


def _after_founding(on: date, founded_on: date) -> Decision:
    if on > founded_on:
        return Decision.yes("orgs.after_founding")
    return Decision.no(
        "orgs.before_founding",
        f"这个工会 {founded_on} 才成立，不能在这之前终止。请核对日期。",
        fact="effective_on",
        has=on.isoformat(),
        needs=founded_on.isoformat(),
    )
