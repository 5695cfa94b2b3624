"""How places are shared among pools, with a share set aside for the directed group, and the proof.

Largest remainder: every pool gets its exact share rounded down or up, the places that are left go to
the largest remainders, equal remainders to the pool named earlier. That is what the documents mean
by 按比例分配, and no divisor method keeps within one place of the exact share. Its price is known
(the Alabama paradox): from one total to the next a pool can get one place fewer. So what has been
announced is a floor: places that are added later only add (``announced``). See docs/adr/0145.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from nuanxin.kernel.errors import Malformed

PERMILLE = 1000
MOST_PLACES = 10**9
MOST_POOLS = 10_000


@dataclass(frozen=True, slots=True)
class Split:
    """Places by pool, of them the directed ones, and why, in sentences that anybody can check."""

    places: tuple[int, ...]
    directed: tuple[int, ...]
    proof: tuple[str, ...]

    def as_plain(self) -> dict[str, list[int] | list[str]]:
        """Return what a program reads."""
        return {
            "places": list(self.places),
            "directed": list(self.directed),
            "proof": list(self.proof),
        }


def split_places(
    places: int,
    weights: Sequence[int | Fraction],
    *,
    directed_permille: int = 0,
    directed_weights: Sequence[int | Fraction] | None = None,
    announced: Sequence[int] | None = None,
    announced_directed: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> Split:
    """Share ``places`` by ``weights``; the parts always sum to ``places``.

    ``directed_permille`` of all places, rounded up, are directed; they are shared by
    ``directed_weights`` (by the pools' places where none are given), never more than a pool has.
    With ``announced`` no pool gets less than it was already told, so that the split is monotone in
    places. ``names`` are for the proof. Raises ``Malformed`` quota.* with a sentence.
    """
    called = _names(names, len(weights))
    by = _checked_weights(weights, "权数", len(weights))
    if not 0 <= places <= MOST_PLACES:
        raise Malformed("quota.places", f"名额要在 0 到 {MOST_PLACES:,} 之间。")
    if not 0 <= directed_permille <= PERMILLE:
        raise Malformed("quota.permille", "定向比例按千分数填，在 0 到 1000 之间。10% 填 100。")
    floors = _floors(announced, len(by), places, "名额")
    proof = [f"共 {places} 个名额，按权数 {_joined(by)} 分，用最大余数法。"]
    parts = _share(places, by, floors, [places] * len(by), called, proof)
    directed = _directed(
        places, parts, directed_permille, directed_weights, announced_directed, called, proof
    )
    proof.append(f"合计 {sum(parts)} 个，其中定向 {sum(directed)} 个。")
    return Split(tuple(parts), tuple(directed), tuple(proof))


def directed_total(places: int, permille: int) -> int:
    """Return how many of ``places`` are directed: rounded up, so that the share is never below."""
    return -(-places * permille // PERMILLE)


def _directed(
    places: int,
    parts: Sequence[int],
    permille: int,
    weights: Sequence[int | Fraction] | None,
    announced: Sequence[int] | None,
    called: Sequence[str],
    proof: list[str],
) -> list[int]:
    total = directed_total(places, permille)
    if total == 0:
        return [0] * len(parts)
    exact = "正好" if places * permille % PERMILLE == 0 else "不足一个按一个算，得"
    proof.append(f"定向 {_percent(permille)}：{places} × {permille} ÷ 1000，{exact} {total} 个。")
    if weights is None:
        by = [Fraction(part) for part in parts]
        proof.append("定向名额按各份的名额分。")
    else:
        by = _checked_weights(weights, "定向权数", len(parts))
        proof.append(f"定向名额按权数 {_joined(by)} 分，不超过这一份的名额。")
    floors = _floors(announced, len(parts), total, "定向名额")
    if any(floor > part for floor, part in zip(floors, parts, strict=True)):
        raise Malformed("quota.announced", "已公布的定向名额比这一份的名额还多，请核对。")
    return _share(total, by, floors, parts, called, proof)


def _share(
    total: int,
    weights: Sequence[Fraction],
    floors: Sequence[int],
    caps: Sequence[int],
    called: Sequence[str],
    proof: list[str],
) -> list[int]:
    """Share by largest remainder between floors and caps; their sums must leave room for it.

    Pools that would break a bound are held at it, the others share the rest anew.
    """
    fixed: dict[int, int] = {}
    while True:
        free = [i for i in range(len(weights)) if i not in fixed]
        rest = total - sum(fixed.values())
        told: list[str] = []
        got = _largest_remainder(rest, weights, free, caps, fixed, called, told)
        over = [i for i in free if got[i] > caps[i]]
        under = [i for i in free if got[i] < floors[i]]
        if not over and not under:
            proof += told
            return [fixed.get(i, got.get(i, 0)) for i in range(len(weights))]
        beyond = sum(got[i] - caps[i] for i in over)
        missing = sum(floors[i] - got[i] for i in under)
        if beyond >= missing:
            for i in over:
                fixed[i] = caps[i]
                proof.append(f"{called[i]}只有 {caps[i]} 个名额，多出的给其他份。")
        else:
            for i in under:
                fixed[i] = floors[i]
                proof.append(f"{called[i]}已公布 {floors[i]} 个，只增不减，先留给它。")


def _largest_remainder(
    total: int,
    weights: Sequence[Fraction],
    free: Sequence[int],
    caps: Sequence[int],
    fixed: dict[int, int],
    called: Sequence[str],
    told: list[str],
) -> dict[int, int]:
    whole = sum((weights[i] for i in free), Fraction(0))
    by = dict(zip(free, (weights[i] for i in free), strict=True))
    if (
        whole == 0 and total > 0
    ):  # the pools that have a weight are full: by room, so that none is lost
        by = {i: Fraction(caps[i]) for i in free}
        whole = sum(by.values(), Fraction(0))
        told.append("有权数的份都满了，剩下的按其余各份的名额分。")
    if not free or whole == 0:
        return dict.fromkeys(free, 0)
    exact = {i: total * by[i] / whole for i in free}
    got = {i: int(exact[i]) for i in free}
    left = total - sum(got.values())
    order = sorted(free, key=lambda i: (got[i] - exact[i], i))
    winners = set(order[:left])
    for i in free:
        remainder = exact[i] - got[i]
        end = f"，余数{_spaced(_decimal(remainder))}" if remainder else "，没有余数"
        more = "，余数排在前面，加 1 个" if i in winners else ""
        told.append(
            f"{called[i]}：{total} × {_plain(by[i])} ÷ {_plain(whole)} = {_decimal(exact[i])}，"
            f"先得 {got[i]} 个{end}{more}。"
        )
    if left and left < len(order):
        last, next_one = order[left - 1], order[left]
        if exact[last] - got[last] == exact[next_one] - got[next_one]:
            told.append(f"{called[last]}和{called[next_one]}余数相同，排在前面的先得。")
    for i in winners:
        got[i] += 1
    return got


# ---- filling: who gets the places when fewer come than were meant ------------------------------


@dataclass(frozen=True, slots=True)
class Filled:
    """Places granted by pool: to the directed group, to the others; and why."""

    directed: tuple[int, ...]
    others: tuple[int, ...]
    proof: tuple[str, ...]


def fill_places(
    split: Split,
    *,
    directed_wanting: Sequence[int],
    others_wanting: Sequence[int],
    is_released: bool,
    overflows: bool,
) -> Filled:
    """Return what each pool grants to so many eligible applicants of the two groups.

    The directed group has the directed places first and competes for the others as well. Directed
    places that it does not take go to nobody else before ``is_released``. With ``overflows`` what
    a pool does not need goes to pools that do, directed places to the directed group first.
    In its turn among the open places the directed group stands behind: it has had its share.
    """
    count = len(split.places)
    proof: list[str] = []
    reserved = list(split.directed)
    directed = [min(reserved[i], directed_wanting[i]) for i in range(count)]
    spare = [reserved[i] - directed[i] for i in range(count)]
    if overflows:
        moved = _move(spare, [directed_wanting[i] - directed[i] for i in range(count)])
        directed = [directed[i] + moved[i] for i in range(count)]
        if any(moved):
            proof.append(f"定向名额有 {sum(moved)} 个在别的份里找到了符合条件的人。")
    left = sum(spare)
    room = [split.places[i] - split.directed[i] for i in range(count)]
    if is_released:
        room = [room[i] + spare[i] for i in range(count)]
        if left:
            proof.append(f"到了放开的日子，{left} 个没人用的定向名额大家都能用。")
    elif left:
        proof.append(f"{left} 个定向名额还没到放开的日子，先留着。")
    others = [min(room[i], others_wanting[i]) for i in range(count)]
    room = [room[i] - others[i] for i in range(count)]
    again = [min(room[i], directed_wanting[i] - directed[i]) for i in range(count)]
    directed = [directed[i] + again[i] for i in range(count)]
    room = [room[i] - again[i] for i in range(count)]
    if overflows:
        others, directed = _overflow(
            room, others, directed, others_wanting, directed_wanting, proof
        )
    return Filled(tuple(directed), tuple(others), tuple(proof))


def _overflow(
    room: list[int],
    others: list[int],
    directed: list[int],
    others_wanting: Sequence[int],
    directed_wanting: Sequence[int],
    proof: list[str],
) -> tuple[list[int], list[int]]:
    first = _move(room, [w - g for w, g in zip(others_wanting, others, strict=True)])
    second = _move(room, [w - g for w, g in zip(directed_wanting, directed, strict=True)])
    if any(first) or any(second):
        proof.append(f"有的份没用完，{sum(first) + sum(second)} 个给了还缺的份。")
    return (
        [g + m for g, m in zip(others, first, strict=True)],
        [g + m for g, m in zip(directed, second, strict=True)],
    )


def _move(spare: list[int], missing: Sequence[int]) -> list[int]:
    """Share what is spare by what is missing; take it out of ``spare``, from the front."""
    total = min(sum(spare), sum(missing))
    if total == 0:
        return [0] * len(missing)
    weights = [Fraction(m) for m in missing]
    moved = _share(total, weights, [0] * len(missing), missing, [""] * len(missing), [])
    for i in range(len(spare)):
        taken = min(spare[i], total)
        spare[i] -= taken
        total -= taken
    return moved


# ---- words and checks --------------------------------------------------------------------------


def _names(names: Sequence[str] | None, count: int) -> list[str]:
    if not 0 < count <= MOST_POOLS:
        raise Malformed("quota.weights", f"要有 1 到 {MOST_POOLS:,} 份。")
    if names is not None and len(names) != count:
        raise Malformed("quota.names", "名称的个数和权数的个数不一样。")
    return list(names) if names is not None else [f"第 {i} 份" for i in range(1, count + 1)]


def _checked_weights(weights: Sequence[int | Fraction], what: str, count: int) -> list[Fraction]:
    exact = [Fraction(weight) for weight in weights]
    if len(exact) != count:
        raise Malformed("quota.weights", f"{what}有 {len(exact)} 个，份数是 {count}，要一样多。")
    if min(exact) < 0:
        raise Malformed("quota.weights", f"{what}不能是负数。")
    if sum(exact) == 0:
        raise Malformed("quota.weights", f"{what}全是 0，没法分。至少要有一个大于 0。")
    return exact


def _floors(announced: Sequence[int] | None, count: int, total: int, what: str) -> list[int]:
    if announced is None:
        return [0] * count
    if len(announced) != count or min(announced) < 0:
        raise Malformed("quota.announced", f"已公布的{what}要和份数一样多，不能是负数。")
    if sum(announced) > total:
        raise Malformed(
            "quota.announced",
            f"已公布 {sum(announced)} 个{what}，现在只有 {total} 个。公布了的不能往回收。",
        )
    return list(announced)


def _joined(weights: Sequence[Fraction]) -> str:
    shown = "：".join(_plain(weight) for weight in weights[:20])
    return shown if len(weights) <= 20 else f"{shown}：……（{len(weights)} 份）"


def _plain(weight: Fraction) -> str:
    return str(weight.numerator) if weight.denominator == 1 else _decimal(weight)


def _decimal(value: Fraction) -> str:
    """Return up to six decimals; 「约」 where they do not say all."""
    scaled = value * 10**6
    whole, decimals = divmod(int(scaled), 10**6)
    text = f"{whole}.{decimals:06d}".rstrip("0").rstrip(".")
    return text if scaled.denominator == 1 else f"约 {text}"


def _spaced(number: str) -> str:
    """Return the number after a Chinese word: a space goes before digits, not before 约."""
    return number if number.startswith("约") else f" {number}"


def _percent(permille: int) -> str:
    whole, tenth = divmod(permille, 10)
    return f"{whole}.{tenth}%" if tenth else f"{whole}%"
