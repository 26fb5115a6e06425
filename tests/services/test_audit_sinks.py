"""The log outside: real files, sockets and a web server; down, up again, and nothing lost."""

import json
import re
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit import senders
from apps.audit.canonical import link_hash
from apps.audit.models import AuditLink, AuditRecord, AuditSeal, AuditSink
from apps.audit.services import seal_head, send_outside, sending
from apps.audit.sinks.syslog import LONGEST, message
from apps.audit.sinks.webhook import signature
from apps.jobs.tasks import send_audit_log
from apps.trust.signing import create_signing_key, signing_key
from tests.ports import free_port
from tests.receivers import Receiver
from tests.services.audit_log import tamper, write

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-the-test"


@pytest.fixture
def file(settings, tmp_path):
    settings.AUDIT_FILE = str(tmp_path / "audit.jsonl")
    return tmp_path / "audit.jsonl"


def positions_in(text, kind="record"):
    found = map(json.loads, text.splitlines())
    return [line["position"] for line in found if line["kind"] == kind]


def everything():
    return list(AuditLink.objects.values_list("position", flat=True))


def try_again_now():
    AuditSink.objects.update(retry_at=None)
    send_outside()


# --- file ---------------------------------------------------------------------------------------


def test_the_file_gets_each_record_once_in_order(cluster, file):
    write(cluster, 5)
    send_outside()
    write(cluster, 3)
    send_outside()
    send_outside()
    assert positions_in(file.read_text()) == everything()
    assert file.stat().st_mode & 0o777 == 0o600


def test_while_the_file_can_not_be_written_nothing_is_lost(cluster, settings, tmp_path, caplog):
    settings.AUDIT_FILE = str(tmp_path / "mounted" / "audit.jsonl")
    write(cluster, 3)
    send_outside()
    sink = AuditSink.objects.get()
    assert (sink.position, sink.failures) == (0, 1)
    assert "No such file" in sink.error
    (tmp_path / "mounted").mkdir()
    send_outside()
    assert not list((tmp_path / "mounted").iterdir()), "not before its time"
    try_again_now()
    assert positions_in((tmp_path / "mounted" / "audit.jsonl").read_text()) == everything()
    assert AuditSink.objects.get().failures == 0
    assert "reaches the file again" in caplog.text


def test_each_failure_waits_longer_up_to_five_minutes(cluster, settings, tmp_path, caplog):
    settings.AUDIT_FILE = str(tmp_path / "no" / "file")
    write(cluster)
    for _ in range(9):
        try_again_now()
    waits = [record.args[1] for record in caplog.records if record.levelname == "ERROR"]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_line_that_a_crash_cut_is_sent_again_on_a_line_of_its_own(cluster, file):
    write(cluster, 2)
    send_outside()
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines)[:-40])
    noted = AuditLink.objects.get(position=len(lines) - 1)  # the crash was before the rest was
    AuditSink.objects.update(position=noted.position, hash=noted.hash)
    send_outside()
    kept = file.read_text().splitlines()
    assert [kept[:-2], kept[-1]] == [lines[:-1], lines[-1]]
    assert "all as in the database" in compared(file)


def test_long_records_go_in_smaller_batches(cluster, file, monkeypatch):
    monkeypatch.setattr(sending, "BATCH_SIZE", 1000)
    write(cluster, 4, after={"text": "x" * 1200})
    assert len(sending._batch(AuditLink.objects.count() - 4)) == 1
    send_outside()
    assert positions_in(file.read_text()) == everything()


def test_another_target_begins_at_the_beginning(cluster, file, settings, tmp_path):
    write(cluster, 2)
    send_outside()
    settings.AUDIT_FILE = str(tmp_path / "second.jsonl")
    send_outside()
    assert (tmp_path / "second.jsonl").read_text() == file.read_text()


def test_without_settings_nothing_is_sent(cluster):
    write(cluster)
    send_outside()
    assert not AuditSink.objects.exists()


# --- comparing ----------------------------------------------------------------------------------


def compared(file):
    out = StringIO()
    call_command("audit", "verify", file=file, stdout=out)
    return out.getvalue()


def refused(file, status=1):
    with pytest.raises(CommandError) as raised:
        compared(file)
    assert raised.value.returncode == status
    return str(raised.value)


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    return signing_key()


@pytest.fixture
def sent(cluster, file, key):
    """Six records and more, the first of them sealed; all of it is outside."""
    write(cluster, 3)
    seal_head(key=key)
    write(cluster, 3)
    send_outside()
    return file


def test_a_file_as_in_the_database(sent):
    said = f"{sent} has {len(everything())} records and 1 seals, all as in the database."
    assert said in compared(sent)


def test_a_tail_that_was_cut_in_the_database_stands_in_the_file(sent):
    last = AuditLink.objects.last()
    tamper("DELETE FROM audit_auditlink WHERE position = %s", last.position)
    tamper("DELETE FROM audit_auditrecord WHERE id = %s", last.record_id)
    assert (
        f"record {last.record_id} (position {last.position}) stands in the file, and no more"
        in (refused(sent))
    )


def test_a_log_written_anew_is_another_than_that_of_the_file(sent, cluster):
    last = AuditLink.objects.last()
    tamper("DELETE FROM audit_auditlink WHERE position = %s", last.position)
    tamper("DELETE FROM audit_auditrecord WHERE id = %s", last.record_id)
    write(cluster)
    assert f"(position {last.position}) in the file is another than record" in refused(sent)


def test_a_file_that_was_changed(sent):
    sent.write_text(sent.read_text().replace('"cluster.edited"', '"cluster.eaten"', 1))
    assert "was changed: its content does not give its digest" in refused(sent)


def test_a_line_taken_out_of_the_file(sent):
    lines = sent.read_text().splitlines(keepends=True)
    sent.write_text("".join(lines[:2] + lines[3:]))
    assert "line 3 of" in refused(sent)
    assert "does not follow position 2" in refused(sent)


def test_a_file_that_can_not_be_read_or_is_something_else(tmp_path, cluster):
    write(cluster)
    assert "No such file" in refused(tmp_path / "none", status=2)
    (tmp_path / "other").write_text('{"a": 1}\n')
    assert "is no line of the audit log" in refused(tmp_path / "other", status=2)
    (tmp_path / "text").write_text("some\ntext\n")
    assert "is no JSON" in refused(tmp_path / "text", status=2)


def test_seals_go_out_after_what_they_seal(cluster, file, key):
    write(cluster, 2)
    seal_head(key=key)
    send_outside()
    write(cluster, 2)
    send_outside()
    seal_head(key=key)
    send_outside()
    send_outside()
    seals = list(AuditSeal.objects.values_list("position", flat=True))
    assert positions_in(file.read_text(), "seal") == seals
    assert positions_in(file.read_text()) == everything()
    seen = 0
    for line in map(json.loads, file.read_text().splitlines()):
        assert line["kind"] == "record" or line["position"] <= seen
        seen = max(seen, line["position"])


def test_a_seal_that_the_database_lost_stands_in_the_file(sent):
    tamper("DELETE FROM audit_auditseal")
    assert "the seal at position" in refused(sent)
    assert "is no more in the database" in refused(sent)


def test_a_chain_and_its_seals_made_anew_with_the_console_s_own_key_differ_from_the_file(sent, key):
    """Nobody inside can tell; the seal outside can."""
    text = sent.read_text()
    sent.write_text("".join(line for line in text.splitlines(True) if '"kind":"seal"' in line))
    numbers = list(AuditLink.objects.order_by("position").values_list("record_id", flat=True))
    tamper("DELETE FROM audit_auditseal")
    tamper("DELETE FROM audit_auditlink")
    head = "0" * 64
    for position, number in enumerate([numbers[1], numbers[0], *numbers[2:]], 1):
        record = AuditRecord.objects.get(pk=number)
        made = link_hash(head, record.digest, number)
        tamper(
            "INSERT INTO audit_auditlink (position, record_id, previous, hash) VALUES (%s, %s, %s, %s)",
            *(position, number, head, made),
        )
        head = made
    seal_head(key=key)
    assert "is of another chain than the database's" in refused(sent)


def test_a_forged_seal_in_the_file(sent):
    sent.write_text(re.sub(r'"sealed_at":"\d{4}', '"sealed_at":"2000', sent.read_text()))
    assert "is forged" in refused(sent)


def test_an_export_is_compared_whatever_is_in_it_and_in_any_order(sent, tmp_path, cluster):
    out = StringIO()
    call_command("audit", "export", stdout=out)
    lines = out.getvalue().splitlines(keepends=True)
    some = tmp_path / "some.jsonl"
    some.write_text("".join([lines[4], lines[1], lines[6], lines[4]]))
    connection.check_constraints()  # the export's own record is linked
    out = StringIO()
    call_command("audit", "verify", from_file=some, stdout=out)
    assert f"{some} has 4 records and 0 seals, all as in the database." in out.getvalue()
    assert "does not follow" in refused(some), "as a file that was sent it would have gaps"


# --- webhook ------------------------------------------------------------------------------------


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def receiver(port, answers):
    """A web server that keeps what it gets when the next of its answers is 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = signature(SECRET, self.headers["X-LVSConsole-Timestamp"], body)
            assert self.headers["X-LVSConsole-Signature"] == f"sha256={signed}"
            status = answers.pop(0) if answers else 200
            if status == 200:
                server.got += positions_in(body.decode())
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = None

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", port), Handler)
    server.got = []
    return server


def test_the_webhook_gets_signed_batches_and_what_it_missed(cluster, settings, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 4)
    port = free_port()
    settings.AUDIT_WEBHOOK = f"http://127.0.0.1:{port}/audit?token=hidden"
    settings.AUDIT_WEBHOOK_SECRET = SECRET
    write(cluster, 10)
    send_outside()
    assert "can't be reached" in AuditSink.objects.get().error
    assert "hidden" not in AuditSink.objects.get().error
    with served(receiver(port, [200, 500, 302])) as server:
        try_again_now()
        assert AuditSink.objects.get().error == "the webhook answered 500"
        assert AuditSink.objects.get().position == 4
        try_again_now()
        assert AuditSink.objects.get().error == "the webhook answered 302"
        try_again_now()
        assert server.got == everything()


def test_one_sink_that_is_down_holds_up_no_other(cluster, settings, file):
    settings.AUDIT_WEBHOOK = f"http://127.0.0.1:{free_port()}/"
    settings.AUDIT_SYSLOG = f"tcp://127.0.0.1:{free_port()}"
    write(cluster, 3)
    send_outside()
    assert positions_in(file.read_text()) == everything()
    assert set(AuditSink.objects.filter(failures=1).values_list("kind", flat=True)) == {
        "webhook",
        "syslog",
    }


# --- syslog -------------------------------------------------------------------------------------


def messages(got):
    return [json.loads(text[text.index(b"{") :]) for text in got]


def test_syslog_over_tcp(cluster, settings):
    got, done = [], threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while length := self.rfile.read(1):
                while (digit := self.rfile.read(1)) != b" ":
                    length += digit
                got.append(self.rfile.read(int(length)))
            done.set()

    write(cluster, 3, after={"secret": "much"}, reason="r" * 900)
    with served(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as server:
        settings.AUDIT_SYSLOG = f"tcp://127.0.0.1:{server.server_address[1]}"
        send_outside()
        assert done.wait(10)
    assert [each["position"] for each in messages(got)] == everything()
    head = rb"<110>1 \d{4}-\d\d-\d\dT[\d:.]+\+00:00 \S+ lvsconsole \d+ record - \{"
    assert all(re.match(head, each) for each in got), got[0]
    last = messages(got)[-1]
    assert last["hash"] == AuditLink.objects.last().hash
    assert last["after"] == {"secret": "much"}


def test_syslog_over_a_socket_of_the_machine(cluster, settings, tmp_path):
    got = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            got.append(self.request[0])

    settings.AUDIT_SYSLOG = str(tmp_path / "log")
    write(cluster, 2)
    send_outside()
    assert AuditSink.objects.get().failures == 1
    with served(socketserver.UnixDatagramServer(settings.AUDIT_SYSLOG, Handler)):
        try_again_now()
        wait_for(lambda: len(got) == len(everything()))
    assert [each["position"] for each in messages(got)] == everything()


def test_syslog_over_udp(cluster, settings):
    write(cluster, 2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        settings.AUDIT_SYSLOG = f"udp://127.0.0.1:{server.getsockname()[1]}"
        send_outside()
        got = [server.recv(65536) for _ in everything()]
    assert [each["position"] for each in messages(got)] == everything()


@pytest.mark.parametrize(
    ("big", "gone"),
    [
        ({"after": "ä" * 9000}, ["before", "after"]),
        ({"before": "x" * 9000, "reason": "y" * 9000}, ["before", "after", "reason"]),
        ({}, []),
    ],
)
def test_what_is_too_long_for_syslog_is_left_out_by_name(big, gone):
    row = {"kind": "record", "at": "2026-01-01T00:00:00.000000+00:00", "before": None, "after": 1}
    text = message(row | {"reason": "r", "digest": "d"} | big)
    assert len(text) <= LONGEST
    said = json.loads(text[text.index(b"{") :])
    assert said["digest"] == "d"
    assert said.get("left_out", []) == gone
    assert not set(gone) & said.keys()


# --- the worker ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_slow_sink_has_one_thread_and_keeps_no_other_waiting(cluster, file, settings):
    write(cluster, 3)
    release = threading.Event()
    with Receiver(before=lambda: release.wait(10)) as slow:
        settings.AUDIT_WEBHOOK, settings.AUDIT_WEBHOOK_SECRET = slow.url, SECRET
        began = time.monotonic()
        for _ in range(3):
            send_audit_log()
        assert time.monotonic() - began < 2
        wait_for(lambda: file.exists() and positions_in(file.read_text()) == everything())
        wait_for(lambda: slow.calls)
        assert AuditSink.objects.get(kind="webhook").position == 0
        release.set()
        wait_for(lambda: AuditSink.objects.get(kind="webhook").position == everything()[-1])
        for thread in senders._running.values():
            thread.join(5)
    assert len(slow.calls) == 1


def wait_for(reached):
    for _ in range(200):
        if reached():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not arrive")


# --- what was sent is gone -----------------------------------------------------------------------


def cut_the_tail():
    """Whoever lifts the guards takes the newest records, links and seals."""
    last = list(AuditLink.objects.order_by("-position").values_list("record_id", flat=True)[:3])
    tamper("DELETE FROM audit_auditseal")
    tamper("DELETE FROM audit_auditlink WHERE record_id >= %s", min(last))
    tamper("DELETE FROM audit_auditrecord WHERE id >= %s", min(last))


def forge_the_position():
    tamper("UPDATE audit_auditsink SET position = 1000000")


def forge_the_seal():
    tamper("UPDATE audit_auditsink SET seal = 1000000")


@pytest.mark.parametrize("what", [cut_the_tail, forge_the_position, forge_the_seal])
def test_that_what_was_sent_last_is_gone_is_said(what, cluster, file):
    """Else the next records would take its places, and never leave."""
    write(cluster, 6)
    send_outside()
    what()
    write(cluster, 2)
    send_outside()
    sink = AuditSink.objects.get()
    assert sink.failures == 1
    assert "audit verify" in sink.error


def test_a_tail_that_was_made_anew_is_another(cluster, file):
    write(cluster, 6)
    send_outside()
    cut_the_tail()
    write(cluster, 3, reason="forged")
    send_outside()
    assert AuditSink.objects.get().failures == 1
    assert "forged" not in file.read_text()


def test_a_sink_from_before_its_hash_was_kept_goes_on(cluster, file):
    write(cluster, 3)
    send_outside()
    AuditSink.objects.update(hash="")
    write(cluster, 2)
    send_outside()
    assert positions_in(file.read_text()) == everything()
