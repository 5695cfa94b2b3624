"""Claims in running text: what is counted stands before the number or behind it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nuanxin.figures.rules.claims.claim import Claim, Scope, claim_of
from nuanxin.figures.rules.claims.draft import Draft, Passage
from nuanxin.figures.rules.claims.numbers import Number, find_numbers
from nuanxin.figures.rules.claims.periods import Told, find_periods
from nuanxin.figures.rules.claims.words import (
    BODY,
    CHANGE,
    EACH,
    FORMER,
    GENERIC_OBJECTS,
    NOT_SUBJECT,
    NOUN_AT_END,
    SPLIT,
    TARGET,
    TOTAL,
    VERB_AT_END,
    VERBS,
    WHOLE,
    canonical,
    is_generic,
    only_light_verb,
    place_key,
    place_names,
)

_SENTENCE_END = re.compile(r"[。！？!?；;\n]+[”’》」]?")
_EDGE = re.compile(r"[，,。；;：:、！？!?\n\x00]")
_LAST_EDGE = re.compile(r"[，,。；;：:、！？!?\n\x00](?=[^，,。；;：:、！？!?\n\x00]*$)")
_REACH = 48
_OURS = re.compile(r"^(?:我们|我会|本会|大家)")
_MARKS = re.compile(r"^[\s的，、“”\"'（(）)：:《》]+|[\s，、“”\"'（(：:《]+$")
_GOES_ON = re.compile(
    r"^(?:增加|提高|上升|增长|扩大|发展|下降|减少|降低)?(?:到|至|为|达到?|、|和|或|与)*$"
)
_CONNECTS = re.compile(r"^(?:[，,]?\s*(?:其中|包括|和|与|及|以及|还有|共|另有|并|也|则)+)+")
_EACH_OF = re.compile(r"分别(?:为|是|有|达到?|新增|新建|发展)?$")
_LISTED = re.compile(r"[、，]|和|与|及")
_VERB = re.compile(
    "|".join(sorted((v for v in VERBS if len(v) > 1 and v != "服务"), key=len, reverse=True))
    + "|服务(?![站点季中保对平])"
)
_AFTER_LEVEL = re.compile(rf".*(?:{WHOLE.pattern})")
_HEAD = re.compile(r"([^：:，,。；;\n]{2,20})[：:][^：:。；;\n]*$")


@dataclass(slots=True)
class Setting:
    """What was told before and still holds: the period, and whom it is about."""

    period: Told | None = None
    scope: Scope = field(default_factory=Scope)


def claims_in(draft: Draft, passage: Passage, *, group: int, setting: Setting) -> list[Claim]:
    """Return the claims of a passage in order; ``setting`` is what its heading told.

    Sentences are numbered from ``group`` on.
    """
    numbers = find_numbers(passage.text)
    if not numbers:
        return []
    found: list[Claim] = []
    queue = iter(numbers)
    number = next(queue, None)
    for start, end in _sentences(passage.text):
        inside = []
        while number is not None and number.start < end:
            inside.append(number)
            number = next(queue, None)
        sentence = _Sentence(draft, passage, start, end, inside, group + len(found))
        if inside:
            found += sentence.claims(setting)
        else:
            _, setting.scope = sentence.told_before(end, setting)
            setting.period = None
        if number is None:
            break
    return found


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _SENTENCE_END.finditer(text):
        yield start, found.end()
        start = found.end()
    if start < len(text):
        yield start, len(text)


class _Sentence:
    """One sentence of a passage, with its numbers."""

    def __init__(
        self,
        draft: Draft,
        passage: Passage,
        start: int,
        end: int,
        numbers: list[Number],
        group: int,
    ) -> None:
        self.draft, self.passage, self.numbers = draft, passage, numbers
        self.start, self.end, self.group = start, end, group
        self.text = passage.text[start:end]
        self.periods = find_periods(self.text)
        self.tokens = sorted(
            [(m.start(), "place", place_key(m[0])) for m in place_names().finditer(self.text)]
            + [(m.start(), "body", m[0]) for m in BODY.finditer(self.text)]
            + [(m.start(), "level", m[0][-1]) for m in WHOLE.finditer(self.text)]
        )

    def claims(self, setting: Setting) -> list[Claim]:
        """Return the claims; ``setting`` is moved on to what this sentence has told."""
        found: list[Claim] = []
        is_part, whose = False, ""
        for index, number in enumerate(self.numbers):
            before, after = self._sides(index)
            claim = self._bare(number)
            is_part = is_part or "其中" in self._between(index)
            claim.is_part = is_part
            claim.mode = _mode_of(before)
            claim.is_total = TOTAL.search(before) is not None
            _name(claim, before, after, found[-1] if found else None)
            told, claim.scope = self.told_before(number.start, setting)
            if told:
                claim.period, claim.period_key = told.text, told.key
            claim.group = self.group
            near = max(self.start, number.start - 2 * _REACH)
            claim.near = self.passage.text[near : min(self.end, number.end + _REACH)]
            head = _HEAD.search(
                self.passage.text[max(self.start, number.start - _REACH) : number.start]
            )
            if head and not claim.subject and not find_numbers(head[1]):
                claim.subject = _whose(head[1])
            if claim.subject and claim.named_before:
                whose = claim.subject
            claim.subject = claim.subject or whose
            found.append(claim)
        self._spread_labels(found)
        setting.period, setting.scope = self.told_before(self.end, setting)
        return found

    def told_before(self, here: int, setting: Setting) -> tuple[Told | None, Scope]:
        """Return the period and the scope that hold at a place of the passage."""
        offset = here - self.start
        period = setting.period
        for told in self.periods:
            if told.start < offset:
                period = told
        scope = Scope(setting.scope.place, setting.scope.body, setting.scope.level)
        for start, kind, word in self.tokens:
            if start >= offset:
                break
            if kind == "place":
                scope = Scope(place=word)
            elif kind == "body":
                scope.body = word
            elif word in "省国":
                scope = Scope(level=word)
            else:
                scope.level = word
        return period, scope

    def _bare(self, number: Number) -> Claim:
        start = self.passage.offset(number.start)
        end = self.passage.offset(number.end - 1) + 1
        text = self.draft.text[start:end].replace("\n", "")
        return claim_of(number, start=start, end=end, text=text)

    def _between(self, index: int) -> str:
        before = self.numbers[index - 1].end if index else self.start
        return self.passage.text[before : self.numbers[index].start]

    def _sides(self, index: int) -> tuple[str, str]:
        """Return the text of the same clause before the number and behind it."""
        number = self.numbers[index]
        before = self.numbers[index - 1].end if index else self.start
        lead = self.passage.text[max(before, number.start - _REACH) : number.start]
        edge = _LAST_EDGE.search(lead)
        lead = lead[edge.end() :] if edge else lead
        behind = self.numbers[index + 1].start if index + 1 < len(self.numbers) else self.end
        tail = self.passage.text[number.end : min(behind, number.end + _REACH)]
        edge = _EDGE.search(tail)
        return lead, tail[: edge.start()] if edge else tail

    def _spread_labels(self, claims: list[Claim]) -> None:
        """甲、乙、丙分别为1人、2人、3人: give each number its own label."""
        for index, claim in enumerate(claims):
            lead = self.passage.text[
                max(self.start, self.numbers[index].start - 2 * _REACH) : self.numbers[index].start
            ]
            cut = _EACH_OF.search(lead)
            if cut is None:
                continue
            last = self.numbers[index - 1].end if index else self.start
            names = self.passage.text[
                max(last, self.numbers[index].start - 2 * _REACH) : self.numbers[index].start
                - len(cut[0])
            ]
            labels = [label for label in _LISTED.split(_EDGE_BUT_LIST.split(names)[-1]) if label]
            run = _run_of(claims, index)
            if len(labels) >= len(run) > 1:
                for one, label in zip(run, labels[-len(run) :], strict=True):
                    one.what, one.key, one.subject, one.mode = label, canonical(label), "", ""
            elif claim.what == "":
                claim.key = ""


_EDGE_BUT_LIST = re.compile(r"[。；;：:！？!?\n]|，(?=[^，]*$)(?![^，]*、)")


def _run_of(claims: list[Claim], index: int) -> list[Claim]:
    """Return the claims from ``index`` on that follow each other with nothing but a mark between."""
    run = [claims[index]]
    for claim in claims[index + 1 :]:
        if claim.start - run[-1].end > 2 or claim.family != run[0].family:
            break
        run.append(claim)
    return run


def _mode_of(before: str) -> str:
    if TARGET.search(before):
        return "target"
    if CHANGE.search(before):
        return "change"
    if EACH.search(before):
        return "each"
    return "former" if FORMER.search(before) else ""


def _tidy(text: str) -> str:
    return _MARKS.sub("", text)


def _name(claim: Claim, before: str, after: str, previous: Claim | None) -> None:
    """Fill in what is counted: ``what``, ``key`` and ``subject``."""
    lead = _tidy(_CONNECTS.sub("", _without_period(before)))
    tail = "" if NOT_SUBJECT.match(after) else _tidy(after)
    if claim.mode == "change":
        base = _tidy(CHANGE.sub("", lead)) or (previous.what if previous else "")
        claim.what = _shown(base)
        claim.key = f"{canonical(base)}~"
        return
    if previous is not None and _GOES_ON.match(lead) and not tail:
        claim.what, claim.key, claim.subject = previous.what, previous.key, previous.subject
        if lead in ("", "、", "和") and claim.mode == "":
            claim.mode = "listed"
        return
    lead = re.sub(r"(?:从|由|至|到|为|达到?|有|是|：)+$", "", lead) or lead
    if _counts_before(lead, tail):
        _name_before(claim, lead)
    else:
        _name_behind(claim, lead, tail)


def _without_period(text: str) -> str:
    for told in reversed(find_periods(text)):
        text = text[: told.start] + text[told.end :]
    return text


def _counts_before(lead: str, tail: str) -> bool:
    core = canonical(lead)
    if not tail or len(canonical(tail)) < 2:
        return bool(core)
    if not core or VERB_AT_END.search(lead):
        return False
    return NOUN_AT_END.search(re.sub(r"(?:近|约|共|总共|合计)$", "", lead)) is not None


def _name_before(claim: Claim, lead: str) -> None:
    """新建基层工会 in 推动各地新建基层工会6777家; what stands before the verb is whose it is."""
    cut = _AFTER_LEVEL.match(lead)
    plain = lead[cut.end() :] if cut and canonical(lead[cut.end() :]) else lead
    split = SPLIT.search(plain)
    verbs = [found for found in _VERB.finditer(plain) if len(canonical(plain[found.start() :])) > 2]
    start = 0
    if split and split.start() > 0 and canonical(plain[split.end() :]) not in GENERIC_OBJECTS:
        start = split.start()
    elif verbs:
        start = verbs[0].start()
    claim.what, claim.named_before = _shown(plain), True
    claim.key = canonical(plain[start:])
    subject = plain[:start]
    claim.subject = "" if is_generic(subject) else _whose(subject)


_TELLS = re.compile(r"(?:总工会|工会)?(?:汇报|介绍|通报|发言|反映|报告)(?:说|称)?$")


def _whose(words: str) -> str:
    """Return of whom something is told; who reports it is nobody, and a place is the scope's."""
    told = _TELLS.sub("", words)
    return "" if place_names().fullmatch(told) else canonical(told)


def _name_behind(claim: Claim, lead: str, tail: str) -> None:
    """参加免费体检 in 1.38万人参加免费体检; 补助基层工会 in 补助250家基层工会开展工作."""
    verb = VERB_AT_END.search(lead)
    words = "" if verb is None or only_light_verb(verb[0]) else verb[0]
    split = SPLIT.search(tail)
    subject = lead[: verb.start()] if verb else lead
    whose = _AFTER_LEVEL.sub("", _tidy(subject))
    if split and (thing := tail[split.end() :]) and canonical(thing) not in GENERIC_OBJECTS:
        claim.key = canonical(thing)
        people = tail[: split.start()]
        claim.subject = "" if is_generic(people) else canonical(people)
    else:
        claim.key = canonical(words + (tail[: split.start()] if split and split.start() else tail))
    claim.what = _shown(words + tail)
    if not verb and canonical(whose) and not claim.subject:
        claim.subject = canonical(whose)


def _shown(text: str) -> str:
    return _OURS.sub("", re.sub(r"\s+", "", text))[:40]
