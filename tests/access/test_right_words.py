"""Every right of the policy file is said in words."""

from nuanxin.access.states import RIGHT_WORDS
from nuanxin.kernel import policy


def test_the_matrix_has_chinese_words_for_every_right_and_for_no_other():
    assert set(RIGHT_WORDS) == set(policy.rights())
