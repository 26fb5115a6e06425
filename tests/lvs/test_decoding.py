"""Files that are no UTF-8: read where it doesn't matter, refused with the line where it does."""

import pytest

from lvs.formats import FormatError, parse
from lvs.formats.decoding import text_from
from tests.lvs.test_keepalived import PLAIN


@pytest.mark.parametrize("comment", [b"# M\xfcller", b"  ! M\xfcller", b'# a " quote of M\xfcller'])
def test_a_comment_may_hold_any_bytes(comment):
    text = text_from(comment + b"\n" + PLAIN.encode())
    assert parse(text) == parse(PLAIN)
    assert "M\ufffdller" in text


def test_a_comment_behind_a_setting_may_too():
    behind = PLAIN.replace("protocol TCP", "protocol TCP # M\xfcller").encode("latin-1")
    assert parse(text_from(behind)) == parse(PLAIN)


@pytest.mark.parametrize(
    "line",
    [b"M\xfcller", b"M\xfcller # x", b"a#M\xfcller", b'notify "# M\xfcller"', b"x '! M\xfcller"],
)
def test_elsewhere_it_is_an_error_with_its_line(line):
    with pytest.raises(FormatError, match=r"^line 3: this is no UTF-8 text"):
        text_from(b"# M\xfcller\n\n" + line + b"\n")


def test_utf_8_stays_as_it_is():
    assert text_from("# Müller\n".encode()) == "# Müller\n"
