"""What notifications are sent to: a real web server and a real mail server, on loopback."""

import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Call(NamedTuple):
    """One request that a webhook got."""

    path: str
    headers: dict
    body: bytes


class Receiver:
    """A web server from `with` to its end. `answers`: status (and headers) of the next requests, then 200."""

    def __init__(self, *answers, before=None):
        self.answers, self.calls = list(answers), []
        self._before = before or (lambda: None)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append(Call(self.path, dict(self.headers), body))
                receiver._before()
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args):
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """An SMTP server that keeps what it gets; `refuse`: answers of the next RCPT commands."""

    def __init__(self, *refuse):
        self.refuse, self.mails = list(refuse), []
        sink = self

        class Session(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 sink")
                to = []
                while line := self.rfile.readline().decode().strip():
                    word = line.upper().split(":")[0].split(" ")[0]
                    if word == "DATA":
                        self.say("354 go on")
                        sink.mails.append((to, self.content()))
                        self.say("250 taken")
                    elif word == "RCPT" and sink.refuse:
                        self.say(sink.refuse.pop(0))
                    elif word == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        to += [line.partition("<")[2].partition(">")[0]] if word == "RCPT" else []
                        self.say("250 sink")

            def content(self):
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                return b"".join(lines)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    def use(self, settings):
        """Make it the console's mail server."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "LVS Console <console@example.net>"
