"""What a check found, in sentences for the desk and the command line."""

from collections import Counter
from collections.abc import Sequence

from nuanxin.figures.rules.claims.checking import Checked, Report
from nuanxin.figures.rules.claims.comparing import Against, Reason, Verdict

LOOK_AT = (
    Verdict.CONTRADICTS,
    Verdict.DIFFERS,
    Verdict.UNIT_MISMATCH,
    Verdict.PERIOD_MISSING,
)
FINE = (Verdict.AGREES, Verdict.WITHIN)
UNKNOWN = Verdict.UNKNOWN


def summary(report: Report) -> str:
    """Return 找到 14 处数字：9 处一致，5 处要看."""
    if not report.claims:
        return "没有找到要核的数字"
    counts = Counter(one.verdict for one in report.claims)
    fine, look = (sum(counts[v] for v in group) for group in (FINE, LOOK_AT))
    parts = [f"{fine} 处一致", f"{look} 处要看"]
    if counts[Verdict.UNKNOWN]:
        parts.append(f"{counts[Verdict.UNKNOWN]} 处这里查不到")
    return f"找到 {len(report.claims)} 处数字：{'，'.join(parts)}"


def headline(one: Checked) -> str:
    """Return what is to be decided about a claim, in one line."""
    thing = one.claim.what or "这个数"
    against = _main(one)
    if against is None:
        return f"{thing}，{one.claim.text}"
    other = against.text or number_of(against)
    match against.reason:
        case Reason.LABEL:
            return f"{one.claim.text}，说的是“{thing}”还是“{against.label}”"
        case Reason.UNIT:
            return f"{thing}，单位是“{one.claim.unit}”还是“{against.unit}”"
        case Reason.PART if {one.claim.unit, against.unit} & {"人次"}:
            return f"{thing}，人比人次还多"
        case Reason.PART:
            return f"{thing}，部分比总数大"
        case Reason.SUM:
            return f"{thing}，分项加起来不等于 {one.claim.text}"
        case Reason.PERIOD if one.verdict is Verdict.PERIOD_MISSING:
            return f"{thing}，{one.claim.text}，是哪段时间的数"
        case Reason.PERIOD:
            return f"{thing}，{other} 是{against.period}的数"
        case Reason.SOURCES:
            return f"{thing}，对照的来源自己就不一致"
    return f"{thing}，{one.claim.text}还是{other}"


def advice(one: Checked) -> str:
    """Return what to do about a claim."""
    match one.verdict:
        case Verdict.CONTRADICTS:
            return "问清原部门后改成一个说法；两处都要留的，注明来源不一。"
        case Verdict.DIFFERS:
            return "核对来源，改成查得到的数，或者写明是哪一天、按什么口径数的。"
        case Verdict.UNIT_MISMATCH:
            return "人和人次是两个数：改单位，或者换成对应单位的数。"
        case Verdict.PERIOD_MISSING:
            return "补上时间段，例如“2022年”“截至9月底”，再核一次。"
    return ""


def place_of(against: Against) -> str:
    """Return where the other side stands: 同稿第 3 行, 对照表第 5 行, 数读."""
    if against.kind == "draft":
        return f"同稿第 {against.line} 行"
    return f"对照表第 {against.line} 行" if against.kind == "reference" else "数读"


def sentence_of(against: Against) -> str:
    """Return what the other side says: 3.47万人，参加免费体检，2022年."""
    words = [against.text or number_of(against), against.label, against.period or ""]
    return "，".join(word for word in words if word)


def number_of(against: Against) -> str:
    """Return the other side's number with its unit: 34,700 人."""
    if against.value is None:
        return ""
    return (
        f"{against.value:,} {against.unit}".rstrip() if against.unit != "%" else f"{against.value}%"
    )


def difference(one: Checked) -> str:
    """Return by how much a claim differs from what is known: 多 3 家; "" where that says nothing."""
    against = _main(one)
    if against is None or against.value is None or against.reason is not Reason.VALUE:
        return ""
    gap = round(one.claim.value - against.value, 4)
    if not gap or one.verdict is not Verdict.DIFFERS:
        return ""
    return f"{'多' if gap > 0 else '少'} {abs(gap):,} {one.claim.unit}".rstrip()


def of_verdicts(report: Report, verdicts: Sequence[Verdict]) -> list[tuple[int, Checked]]:
    """Return the claims with one of the verdicts, each with its number in the draft, from one."""
    numbered = enumerate(report.claims, start=1)
    found = [(number, one) for number, one in numbered if one.verdict in verdicts]
    return sorted(found, key=lambda pair: (verdicts.index(pair[1].verdict), pair[0]))


def _main(one: Checked) -> Against | None:
    """Return the other side that made the verdict."""
    for against in one.against:
        if against.verdict is one.verdict:
            return against
    return next((a for a in one.against if a.reason is not Reason.NONE), None)
