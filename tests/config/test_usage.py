"""Wrong usage is told in Chinese, with what to type, and ends with 2."""

import pytest

from config import cli


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["figures", "show", "a", "--as-of", "x"],
            "--as-of：“x”不是日期。请写成 2024-01-31 的样子。",
        ),
        (["figures", "show"], "还缺：指标代码。"),
        (["demo", "--scale", "huge"], "--scale 不能是 'huge'"),
        (["demo", "--seed"], "--seed 后面要跟一个值。"),
        (["demo", "--seed", "x"], "--seed 要填整数，'x' 不是。"),
        (["figures", "list", "--quick"], "认不出：--quick。"),
        ([], "还缺：命令。"),
    ],
)
def test_wrong_usage_is_told_in_chinese(typed, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(typed)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in told
    assert "--help 看用法" in told
    assert "argument" not in told
