"""Whether people of one household may ask for places together."""

from collections.abc import Sequence

from nuanxin.kernel.decision import Decision
from nuanxin.programmes.states import Way


def may_apply_together(
    *, way: Way, persons: int, most: int, pools: Sequence[int | None], places: int
) -> Decision:
    """Return whether so many may ask as one: where places are given at once, before one pool.

    ``most`` is programmes.party_persons_most, ``pools`` whose part each of them stands before,
    ``places`` how many that part has in all.
    """
    if not way.is_at_once:
        return Decision.no(
            "programmes.each_alone", "这一期各人报各人的。抽签的，一家人自动放在一起抽。"
        )
    if persons < 2:
        return Decision.no("programmes.nobody_chosen", "先勾上和谁一起报。自己报，点“报名”就行。")
    if persons > most:
        return Decision.no(
            "programmes.party_too_large",
            f"一家最多 {most} 个人一起报，少勾几个。其余的可以自己报。",
            fact="party_persons",
            has=persons,
            needs=most,
        )
    if len(set(pools)) > 1:
        return Decision.no(
            "programmes.other_pool",
            "你们的名额不在一份里（按地区、职业或工会分的），只能各报各的。",
        )
    if persons > places:
        return Decision.no(
            "programmes.party_too_large",
            f"这一份一共才 {places} 个名额，放不下 {persons} 个人。少勾几个。",
            fact="party_persons",
            has=persons,
            needs=places,
        )
    return Decision.yes()
