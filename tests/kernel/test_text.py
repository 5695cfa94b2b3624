"""Text as people write it, and text as it is compared."""

from nuanxin.kernel.text import as_written, readable


def test_what_people_write_keeps_its_marks():
    written = "  三楼，右手​边：“体检”（带身份证） "
    assert as_written(written) == "三楼，右手边：“体检”（带身份证）"
    assert readable("三楼，右手边") == "三楼,右手边"
