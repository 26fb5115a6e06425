"""What the console includes of given files is what the command line includes of the same on disk."""

import shutil
from posixpath import basename, dirname, join, normpath, relpath

from hypothesis import assume, event, given
from hypothesis import strategies as st

from apps.web.given_files import OWN_FOLDER, GivenFiles
from lvs.cli_reading import BY_CONTENT
from lvs.cli_surroundings import surroundings
from lvs.formats.errors import FormatError
from lvs.formats.keepalived_lines import lines_of
from lvs.formats.place import Budget, Remarks
from lvs.formats.surroundings import Surroundings

FOLDERS = ["", "conf.d", "sites", "sites/a", "sites/b", "../shared"]
NAMES = ["a.conf", "b.conf", "c.conf", "d.conf"]

paths = st.builds(join, st.sampled_from(FOLDERS), st.sampled_from(NAMES)).map(normpath)
ways = st.sampled_from(["path", "absolute", "names", "folders", "both"])


@st.composite
def layouts(draw, **unique):
    """Files of a director, and what the text includes of them: each line as a path and how it is written."""
    files = draw(st.lists(paths, min_size=1, max_size=4, **unique))
    line = st.tuples(st.sampled_from(files), ways)
    few = st.just([]) | st.lists(line, max_size=1)
    return {file: draw(few) for file in files}, draw(st.lists(line, min_size=1, max_size=3))


def include(about, folder):
    """An include line in a file of a folder. ROOT is where the folders of the directors' files begin."""
    path, how = about
    if how == "absolute":
        return f"include ROOT{normpath(join(OWN_FOLDER, path))}"
    path = relpath(join("/x/y", path), join("/x/y", folder))
    folder, name = dirname(path), basename(path)
    if how in ("folders", "both") and folder not in ("", ".."):
        folder = join(dirname(folder), "*")
    return f"include {join(folder, '*.conf' if how in ('names', 'both') else name)}"


def text_of(path, abouts, root):
    written = [f"text of {path or 'all'}", *(include(one, dirname(path)) for one in abouts)]
    return "\n".join(written).replace("ROOT", root)


def read(main, load):
    return [line for line, _ in lines_of(main, Surroundings(load=load), Budget(), Remarks())]


def read_on_disk(tree, main, root):
    """The lines as the command line reads them, and which files of the tree it included."""
    shutil.rmtree(root, ignore_errors=True)
    own, used = f"{root}{OWN_FOLDER}", set()
    (root / OWN_FOLDER[1:]).mkdir(parents=True)
    for path, abouts in tree.items():
        file = root / normpath(join(OWN_FOLDER, path))[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(path, abouts, str(root)))
    load = surroundings(f"{own}/keepalived.conf", BY_CONTENT).load

    def noting(pattern, including):
        found = load(pattern, including)
        if not found:
            raise LookupError("nothing is noted in the console: it asks")
        used.update(relpath(file.name, own) for file in found)
        return found

    return read(text_of("", main, str(root)), noting), used


def shown_and_given(layout, tmp_path_factory):
    """The lines as the command line reads them, and the text of each file that was included, by its path."""
    tree, main = layout
    try:
        lines, used = read_on_disk(tree, main, tmp_path_factory.getbasetemp() / "given")
    except FormatError:
        assume(False)
    return lines, {path: text_of(path, tree[path], "") for path in used}


def whole(path):
    return path if path.startswith(".") else f"./{path}"


def read_in_console(layout, texts):
    return read(text_of("", layout[1], ""), GivenFiles(texts).load)


@given(layout=layouts(unique=True))
def test_the_console_includes_what_the_command_line_includes(layout, tmp_path_factory):
    lines, texts = shown_and_given(layout, tmp_path_factory)
    assert read_in_console(layout, {whole(path): text for path, text in texts.items()}) == lines


@given(layout=layouts(unique_by=basename), bare=st.sets(st.sampled_from(NAMES), min_size=1))
def test_files_without_their_folders_are_included_alike_or_asked_about(
    layout, bare, tmp_path_factory
):
    lines, texts = shown_and_given(layout, tmp_path_factory)
    names = {path: basename(path) if basename(path) in bare else whole(path) for path in texts}
    try:
        found = read_in_console(layout, {names[path]: text for path, text in texts.items()})
    except FormatError:
        event("asked")
    else:
        assert found == lines
