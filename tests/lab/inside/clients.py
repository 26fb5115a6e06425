"""Clients of the lab's services: they connect, say so, and hold on until standard input ends.

Runs in the client's network namespace, with the addresses of `check_connections`.
"""

import socket
import sys

VIP, VIP6 = "192.168.49.134", "fd00:49::134"
INVITE = (
    b"INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP client\r\n"
    b"Call-ID: 4711@client.example.org\r\nContent-Length: 0\r\n\r\n"
)
CLIENTS = (
    # source, its port or 0 for any, kind, destination, data
    ("203.0.113.9", 0, "tcp", (VIP, 80), b""),
    ("203.0.113.77", 0, "tcp", (VIP, 80), b""),
    ("192.168.49.1", 0, "tcp", (VIP, 81), b""),
    ("203.0.113.9", 0, "udp", (VIP, 53), b"x"),
    ("203.0.113.9", 0, "udp", (VIP, 8080), b"x"),
    ("203.0.113.9", 5060, "udp", (VIP, 5060), INVITE),
    ("fd00:99::9", 0, "tcp", (VIP6, 80), b""),
    ("fd00:99::9", 0, "udp", (VIP6, 53), b"x"),
    ("fd00:99::9", 0, "udp", (VIP6, 8080), b"x"),
)


def connect(source, port, kind, destination, data):
    """An open socket, its address on both sides told to our caller."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    opened.settimeout(5)
    opened.bind((source, port))
    opened.connect(destination)
    if data:
        opened.send(data)
    print(kind, source, opened.getsockname()[1], *destination, flush=True)
    return opened


if __name__ == "__main__":
    held = [connect(*client) for client in CLIENTS]
    print("ready", flush=True)
    sys.stdin.read()
