"""The text of a keepalived.conf: comments, quotes, definitions, sequences, conditions, other files."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvs.formats import FormatError, read
from lvs.formats.surroundings import Included, Surroundings
from tests.lvs.test_keepalived import SHOP
from tests.lvs.work import steps_of


def servers_of(inner, before="", around=None):
    """`address weight` of each real server, in the order of the addresses."""
    text = f"{before}virtual_server 10.9.0.1 80 {{\nprotocol TCP\n{inner}\n}}\n"
    (service,) = read(text, "keepalived", around).table.services
    return [f"{server.address} {server.weight}" for server in service.real_servers]


@pytest.mark.parametrize(
    "inner",
    [
        "real_server 10.0.0.1 80 {\n  weight 3\n}",
        "real_server 10.0.0.1 80\n{\n  weight 3\n}",
        "real_server 10.0.0.1 80 { weight 3 }",
        "real_server 10.0.0.1 80{weight 3}",
        'real_server "10.0.0.1" 80 { weight "3"\n}',
        "real_server 10.0.0.1 80 { # {\n  weight 3 ! }\n}",
        "real_server 10.0.0.1 80 {\r\n\tweight 3#0\r\n}\r",
        'real_server 10.0.0.1 80 {\nnotify_up "a { # \\" ! }"\nnotify_down \'x\'y"z"\nweight 3\n}',
        "$W=3\nreal_server 10.0.0.1 80 { weight $W }",
        "$W=3\nreal_server 10.0.0.1 80 { weight ${W} }",
        "$A=10.0.${B}\n$B=0\nreal_server ${A}.1 80 { weight 3 }",
        "$R= \\\n real_server 10.0.0.1 80 { \\\n weight ${W} \\\n }\n$W=3\n$R",
        "$R= \\\n $W=3 \\\n real_server 10.0.0.1 80 { \\\n weight $W \\\n }\n$R",
        "$IF=@^other\n$IF real_server 10.0.0.1 80 { weight 3 }",
        "~SEQ(N, 1, 1) real_server 10.0.0.${N} 80 { weight 3 }",
        "~LST({N, W}, {1, 3}) real_server 10.0.0.${N} 80 { weight $W }",
    ],
)
def test_one_real_server_in_many_spellings(inner):
    assert servers_of(inner) == ["10.0.0.1 3"]


@pytest.mark.parametrize(
    ("sequence", "last_parts"),
    [
        ("~SEQ(N, 3)", [1, 2, 3]),
        ("~SEQ(N, 2, 4)", [2, 3, 4]),
        ("~SEQ(N, 4, 2)", [2, 3, 4]),
        ("~SEQ(N, 7, -2, 3)", [3, 5, 7]),
        ("~SEQ(N, 1, 3, 8)", [1, 4, 7]),
        ("~SEQ(N, 0x10, 0x12)", [16, 17, 18]),
        ("$MOST=2\n~SEQ(N, 1, ${MOST})", [1, 2]),
        ("~LST(N, 5, 9)", [5, 9]),
    ],
)
def test_sequences_and_lists(sequence, last_parts):
    inner = f"{sequence} real_server 10.0.0.${{N}} 80 {{\n}}".replace("{\n}", "{ }")
    assert servers_of(inner) == [f"10.0.0.{part} 1" for part in last_parts]


def test_sequences_nest_and_carry_definitions_of_several_lines():
    before = "$R= \\\n real_server 10.0.${A}.${B} 80 { \\\n weight ${B}0 \\\n }\n"
    assert servers_of("~SEQ(A, 2) ~LST(B, 3, 4) $R", before) == [
        *("10.0.1.3 30", "10.0.1.4 40"),
        *("10.0.2.3 30", "10.0.2.4 40"),
    ]


def test_hexadecimal_sequences():
    text = (
        "virtual_server 2001:db8::1 80 {\nprotocol TCP\n"
        "~SEQx(N, 8, 11) real_server 2001:db8:1::${N} 80 { }\n}\n"
    )
    (service,) = read(text).table.services
    last_parts = [server.address.rpartition(":")[2] for server in service.real_servers]
    assert last_parts == ["8", "9", "a", "b"]


CONDITIONAL = "@main real_server 10.0.0.1 80 { }\n@^main real_server 10.0.0.2 80 { }"


def test_conditional_lines_count_for_their_configuration_id():
    main, other = Surroundings(config_id="main"), Surroundings(config_id="backup")
    assert servers_of(CONDITIONAL, around=main) == ["10.0.0.1 1"]
    assert servers_of(CONDITIONAL, around=other) == ["10.0.0.2 1"]


def test_without_a_configuration_id_the_lines_that_need_one_are_noted():
    text = f"virtual_server 10.9.0.1 80 {{\nprotocol TCP\n{CONDITIONAL}\n}}\n"
    (note,) = read(text).notes
    assert (note.line, "id “main” only: give yours (--config-id)" in note.message) == (3, True)


def files(**texts):
    """Files by name, as a caller of the formats would read them."""

    def load(pattern, including):
        if pattern == "all":
            return [Included(name, text) for name, text in sorted(texts.items())]
        if pattern == "none":
            return []
        if pattern not in texts:
            raise LookupError(f"can't read {pattern}: No such file or directory")
        return [Included(pattern, texts[pattern])]

    return Surroundings(load=load)


ONE, TWO = "real_server 10.0.0.1 80 {\n}\n", "real_server 10.0.0.2 80 {\n}\n"


def test_included_files_stand_in_the_place_of_their_line():
    around = files(a=ONE, b="include c\n", c=TWO)
    assert servers_of("include a\ninclude b", around=around) == ["10.0.0.1 1", "10.0.0.2 1"]


def test_a_pattern_includes_every_file_that_it_means():
    assert servers_of("includea all", around=files(a=ONE, b=TWO)) == ["10.0.0.1 1", "10.0.0.2 1"]


def test_files_that_wait_are_not_files_within_files():
    many = {f"{number:02}": "" for number in range(20)} | {"00": "include none\n", "19": ONE}
    assert servers_of("include all", around=files(**many)) == ["10.0.0.1 1"]


@pytest.mark.parametrize(("deep", "taken"), [(16, True), (17, False)])
def test_files_within_files_have_an_end(deep, taken):
    within = {f"{number}": f"include {number + 1}\n" for number in range(1, deep)}
    around = files(**within, **{str(deep): ONE})
    if taken:
        assert servers_of("include 1", around=around) == ["10.0.0.1 1"]
    else:
        with pytest.raises(FormatError, match="files include files too deeply"):
            servers_of("include 1", around=around)


def test_an_error_or_note_in_an_included_file_names_it():
    text = "virtual_server 10.9.0.1 80 {\nprotocol TCP\ninclude a\n}\n"
    with pytest.raises(FormatError) as caught:
        read(text, around=files(a="\n" + ONE.replace("80", "99999")))
    assert (caught.value.file, caught.value.line) == ("a", 2)
    (note,) = read(text, around=files(a="quorum 1\n" + ONE)).notes
    assert (note.file, note.line) == ("a", 1)
    assert str(note).startswith("a, line 1: “quorum 1”")


@pytest.mark.parametrize(
    ("around", "message"),
    [
        (None, "“a” is to be included, and other files can't be read here"),
        (files(), "can't read a: No such file or directory"),
        (files(a="include a\n"), "files include files too deeply: does one include itself?"),
        (files(a="include a\n" * 8), "files include files too deeply"),
    ],
)
def test_what_can_not_be_included_is_an_error_at_its_line(around, message):
    with pytest.raises(FormatError) as caught:
        read("global_defs {\n}\ninclude a\n", around=around)
    assert message in caught.value.message
    assert caught.value.file or caught.value.line == 3


def test_a_pattern_that_matches_nothing_is_noted():
    text = "include none\nvirtual_server 10.9.0.1 80 {\nprotocol TCP\n" + ONE + "}\n"
    assert [str(note) for note in read(text, around=files()).notes] == [
        "line 1: no file is there to include as “none”"
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("virtual_server 10.0.0.1 80 {\n", 1, "the block of “virtual_server” is never closed"),
        ("global_defs {\n}\n}\n", 3, "“}” is unexpected here"),
        ("! x\n{\n}\n", 2, "“{” is unexpected here"),
        ("global_defs {\n" * 17, 17, "blocks stand in blocks too deeply"),
        ("global_defs {\n}\n{\n}\n", 3, "“{” is unexpected here"),
        ('! x\nglobal_defs "x {\n', 2, "a quotation mark is never closed"),
        ("! x\nvirtual_server 10.0.0.1 \\\n80 {\n}\n", 2, "a backslash in definitions only"),
        ("! x\n$A= \\\nb \\", 2, "this definition has no end"),
        ("~SEQ(N, 1, 0, 5) x\n", 1, "a step other than 0"),
        ("~SEQ(N, x) y\n", 1, "~SEQ takes a name and one to three whole numbers"),
        ("~SEQx(N, -1, 5) y\n", 1, "no negative numbers"),
        ("! x\n~SEQ N\n", 2, "does not begin with ~SEQ(name, start, step, end)"),
        ("~LST(N) x\n", 1, "~LST takes a name"),
        ("~LST({A, B}, {1}) x\n", 1, "as many values"),
        ("$A=${B}\n$B=${A}\nrouter $A\n", 3, "does one lead back to itself?"),
        ("$A= \\\nx \\\n$A\n$A\n", 4, "does one lead back to itself?"),
        ("$I=include\nglobal_defs {\n}\n$I x\n", 4, "include can't come of a definition"),
    ],
)
def test_an_error_in_the_text_has_its_line(text, line, message):
    with pytest.raises(FormatError) as caught:
        read(text, "keepalived")
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


DOUBLING = "".join(f"$A{i}=${{A{i + 1}}}${{A{i + 1}}}\n" for i in range(31))
BOMBS = [
    "~SEQ(A, 1, 999999999) x\n",
    "~SEQ(A,1,99999) ~SEQ(B,1,99999) ~SEQ(C,1,99999)\n",
    f"{DOUBLING}$A31=\nx $A0\n",
    f"{DOUBLING}$A31=lol\nx $A0\n",
    "virtual_server_group g {\n10.0.0.0/8 80\n}\nvirtual_server group g {\nreal_server 10.1.1.1 {\n}\n}\n",
    "virtual_server_group g {\n2001:db8::/32 80\n}\n"
    "virtual_server group g {\nreal_server fd00::1 {\n}\n}\n",
]


@pytest.mark.parametrize("text", BOMBS)
def test_a_short_text_does_not_grow_without_end(text):
    with pytest.raises(FormatError, match=r"come to more than 8000000 characters"):
        read(text, "keepalived")


def test_the_work_of_reading_grows_with_the_text():
    def work(services):
        text = "\n".join(
            f"virtual_server 10.{i // 250}.{i % 250}.1 80 {{ # web\nprotocol TCP\nfrob\n"
            f'$W={i}\n{ONE}{TWO}real_server "10.0.0.3" 80 {{ weight $W }}\n}}'
            for i in range(services)
        )
        assert len(read(text).table.services) == services
        return steps_of(lambda: read(text))

    assert work(500) < 12 * work(50)


LINES = ["{ ", "} ", "'\"", '"', "\\", "x'", "$A", "${A}", "@a ", "~SEQ(", "!", "x{}", "${", "a\\"]


@pytest.mark.parametrize("line", LINES)
def test_the_work_of_a_long_line_grows_with_it(line):
    def work(count):
        text = f"global_defs {{\n{line * count}\n}}\n"
        return steps_of(lambda: read_as(text, "keepalived"))

    assert work(20_000) < 12 * work(2_000) + 50_000


@pytest.mark.parametrize("line", LINES)
def test_a_very_long_line_is_no_work_for_hours(line):
    """Work inside of regular expressions too, which counts as one step above."""
    before = time.process_time()
    read_as(f"global_defs {{\n{line * 300_000}\n}}\n", "keepalived")
    assert time.process_time() - before < 20


characters = st.text(
    st.one_of(st.characters(), st.sampled_from("{}$@~!#\"'\\ \n\t()=,-/0189aSEQLT.:")), max_size=60
)


@settings(max_examples=300)
@given(characters)
def test_no_text_breaks_the_reader(text):
    read_as(text, "keepalived")


@settings(max_examples=300)
@given(st.data())
def test_no_damage_to_a_valid_text_breaks_the_reader(data):
    at = data.draw(st.integers(0, len(SHOP)))
    until = data.draw(st.integers(at, min(len(SHOP), at + 9)))
    read_as(SHOP[:at] + data.draw(characters) + SHOP[until:], "keepalived")


def read_as(text, style):
    """A table, or an error that says something in one line of the text."""
    try:
        read(text, style)
    except FormatError as error:
        assert error.message
        assert error.line is None or 1 <= error.line <= text.count("\n") + 1
        assert len(error.message) < 600
