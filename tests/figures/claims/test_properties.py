"""What holds for all drafts: writings read back, order does not matter, equal numbers never clash."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nuanxin.figures.rules.claims import Draft, Verdict, check_draft, find_claims
from nuanxin.figures.rules.claims.numbers import find_numbers
from nuanxin.figures.rules.claims.numerals import Leaning, read_number

pytestmark = pytest.mark.slow

HAN = "零一二三四五六七八九"
WIDE = str.maketrans("0123456789.%", "０１２３４５６７８９．％")


def in_han(number: int) -> str:
    """Write a whole number below 10^12 in Chinese figures."""
    if number == 0:
        return "零"
    words = ""
    for unit, word in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, unit)
        if part:
            gap = "零" if words and part < 1000 else ""
            words += gap + _four(part) + word
    return words


def _four(part: int) -> str:
    words, gap = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, part = divmod(part, unit)
        if digit:
            words += ("零" if gap and words else "") + HAN[digit] + word
            gap = False
        else:
            gap = True
    return words


def writings(number: int) -> list[str]:
    """Return a whole number in every writing that is supported."""
    found = [str(number), f"{number:,}", f"{number:,}".replace(",", " "), f"{number:,}".replace(",", "，"),
             str(number).translate(WIDE)]  # fmt: skip
    for scale, word in ((10**4, "万"), (10**8, "亿"), (1000, "千")):
        if number >= scale and number * 10**4 % scale == 0:
            text = f"{Fraction(number, scale).numerator / Fraction(number, scale).denominator:.4f}"
            found.append(text.rstrip("0").rstrip(".") + word)
    if number:
        found.append(in_han(number))
    return found


whole = st.one_of(
    st.integers(1, 200), st.integers(1, 10**9), st.integers(1, 10**7).map(lambda n: n * 100)
)


@given(whole)
def test_a_number_reads_back_from_every_writing(number):
    for text in writings(number):
        read = read_number(Draft(text).folded)
        assert read is not None, text
        assert read.value == number, text


@given(whole, st.sampled_from(["人", "人次", "家", "名", "对", "元", "条", "场"]))
@example(1_900_100, "人")
@example(20_115, "对")
def test_a_number_with_a_unit_is_found_in_a_sentence(number, unit):
    for text in writings(number):
        if text in HAN:  # 一家 is mostly no claim
            continue
        draft = Draft.of(f"全省新建工会{text}{unit}。")
        found = find_claims(draft)
        assert [(one.value, one.unit) for one in found] == [(number, unit)], text


@given(
    st.integers(2, 9999),
    st.sampled_from([("约", "", "about"), ("近", "", "nearly"), ("超", "", "over"), ("", "余", "over"),
                     ("", "多", "over"), ("不足", "", "nearly"), ("逾", "", "over")]),
)  # fmt: skip
def test_words_about_a_number_are_read_with_it(number, words):
    before, after, leaning = words
    (found,) = find_numbers(f"服务{before}{number}{after}人")
    assert (found.written.value, found.written.leaning) == (number, Leaning(leaning))


@given(st.decimals(0, 100, places=1))
def test_percentages_read_back(share):
    for text in (f"{share}%", f"{share}％"):
        (found,) = find_claims(Draft.of(f"入会率达到{text}。"))
        assert (found.value, found.unit) == (float(share), "%")


@given(
    st.text(
        alphabet=st.characters(
            blacklist_categories=("N", "Cs"),
            blacklist_characters="一二三四五六七八九十两百千万亿零〇壹贰叁肆伍陆柒捌玖拾佰仟",
        )
    )
)
def test_a_text_without_numbers_claims_nothing(text):
    assert find_claims(Draft.of(text)) == []


@given(st.text())
@settings(max_examples=300)
def test_any_text_at_all_is_read_without_failing(text):
    draft = Draft.of(text)
    for one in check_draft(draft).claims:
        assert draft.text.split("\n")[one.line - 1][one.column - 1] == one.claim.text[0]


PARAGRAPHS = [
    "2024年全省新建工会320家，新发展会员4.6万人。",
    "截至2024年底，建成驿站1.2万余个。",
    "2024年全省新建工会302家。",
    "2024年组织3.5万人次参加医疗互助保障。",
    "培训骑手600人次，其中线上培训240人次。",
    "杭州市举办入会仪式12场，宁波市举办入会仪式9场。",
    "入会率达到86.5%，比上年提高3.2个百分点。",
]


@given(st.permutations(PARAGRAPHS))
def test_the_order_of_paragraphs_changes_no_verdict(paragraphs):
    def verdicts(parts):
        report = check_draft(Draft.of("\n".join(parts)))
        return sorted((one.claim.text, one.verdict.value) for one in report.claims)

    assert verdicts(paragraphs) == verdicts(PARAGRAPHS)


@given(whole, st.data())
def test_two_equal_numbers_never_contradict(number, data):
    one, other = (data.draw(st.sampled_from(writings(number))) for _ in range(2))
    text = f"去年，全省新建工会{one}家。\n\n市里的同志说，去年全省新建工会{other}家。"
    bad = (Verdict.CONTRADICTS, Verdict.DIFFERS, Verdict.UNIT_MISMATCH)
    assert not [c for c in check_draft(Draft.of(text)).claims if c.verdict in bad]


@given(st.integers(100, 10**6), st.integers(1, 10**5))
def test_two_different_full_numbers_contradict(number, more):
    text = f"去年，全省新建工会{number}家。\n\n市里的同志说，去年全省新建工会{number + more}家。"
    assert [c.verdict for c in check_draft(Draft.of(text)).claims] == [Verdict.CONTRADICTS] * 2
