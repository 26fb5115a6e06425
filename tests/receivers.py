"""What notifications are sent to: a real web server and a real mail server, on loopback."""

import socketserver
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Call(NamedTuple):
    """One request that a webhook got."""

    path: str
    headers: dict
    body: bytes


class Receiver:
    """A web server from `with` to its end. `answers`: status (and headers) of the next requests, then 200."""

    def __init__(self, *answers, before=None, certificate=None):
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
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


class Dripping:
    """A web server whose headers never end: `drip` comes ten times a second, b"" = nothing at all."""

    def __init__(self, drip):
        class Session(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " if drip else b"")
                    for _ in range(100):
                        self.request.sendall(drip)
                        time.sleep(0.1)
                except OSError:
                    return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


def certificate_for(name, folder):
    """A self-signed certificate with its key in one file, for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "cert.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


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
