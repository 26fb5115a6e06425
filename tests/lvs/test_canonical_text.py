"""The text that digests are made of: the same bytes as the plain way gives."""

import hashlib
import json

from hypothesis import given

from lvs.canonical_form import make_table
from lvs.canonical_text import canonical_text
from lvs.documents import table_to_document
from lvs.model import EMPTY, Table
from tests.lvs.examples import TUTORIAL, WEB, with_servers
from tests.lvs.random_tables import random_table
from tests.lvs.strategies import tables


def plainly(table: Table) -> bytes:
    document = table_to_document(table)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@given(tables())
def test_text_is_that_of_the_document(table):
    assert b"".join(canonical_text(table)) == plainly(table)


def test_large_table_too():
    table = random_table(11, 200, 30)
    assert b"".join(canonical_text(table)) == plainly(table)


def test_names_that_look_like_json_do_no_harm():
    # A scheduler that we don't know, in a reading of somebody else's service.
    odd = make_table([WEB._replace(scheduler='"real_servers":[]'), *TUTORIAL.services])
    assert b"".join(canonical_text(odd)) == plainly(odd)


def test_unknown_words_are_escaped():
    server = WEB.real_servers[0]._replace(forwarding='m"\\ü')
    odd = make_table([with_servers(server)])
    assert b"".join(canonical_text(odd)) == plainly(odd)


def test_numbers_that_are_equal_look_alike_whichever_came_first():
    for true, one in ((True, 1), (1, True)):
        texts = []
        for value in (true, one):
            server = WEB.real_servers[0]._replace(weight=value, port=value)
            table = make_table([with_servers(server)._replace(one_packet=value)])
            texts.append(b"".join(canonical_text(table)))
        assert texts[0] == texts[1]
    assert b'"weight":1}' in texts[0] and b'"one_packet":true' in texts[0]


def test_digest_is_the_hash_of_the_text():
    for table in (EMPTY, TUTORIAL):
        assert table.digest == hashlib.sha256(plainly(table)).hexdigest()


def test_another_table_is_another_text():
    texts = [b"".join(canonical_text(table)) for table in (TUTORIAL, EMPTY, TUTORIAL)]
    assert texts[0] == texts[2] != texts[1]
