"""Answers every request with the address that it came from, and says so on the console.

That address is one of the service's NAT addresses, whoever asks. With LAB_PROXY_PROTOCOL=on each connection begins with a
PROXY protocol v2 header, and the answer also has what stands in it: the client's own address in its own network, and the
LinkID, which is the linkIdentifier of the connection on the service. docs/link-id.md says how to do that in earnest.
"""

import os
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WANTS_HEADER = os.environ.get("LAB_PROXY_PROTOCOL") == "on"
PORT = int(os.environ.get("LAB_PORT", "80"))
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
ADDRESS_BYTES = {0: 0, 1: 12, 2: 36, 3: 216}


def read_header(stream):
    """What a PROXY v2 header says, in words; None where there is none that can be read."""
    fixed = stream.read(16)
    if len(fixed) < 16 or fixed[:12] != SIGNATURE or fixed[12] >> 4 != 2:
        return None
    rest = stream.read(struct.unpack("!H", fixed[14:16])[0])
    family = fixed[13] >> 4
    size = ADDRESS_BYTES.get(family)
    if size is None or len(rest) < size:
        return None
    client = socket.inet_ntoa(rest[:4]) if family == 1 else "unknown"
    return f"client {client}, LinkID {link_id(rest[size:]) or 'none'}"


def link_id(fields):
    """The LinkID among the fields behind the addresses: type 0xEE, subtype 1, four bytes with the lowest first."""
    while len(fields) >= 3:
        kind, length = struct.unpack("!BH", fields[:3])
        value, fields = fields[3 : 3 + length], fields[3 + length :]
        if kind == 0xEE and len(value) == 5 and value[0] == 1:
            return str(struct.unpack("<I", value[1:])[0])
    return None


class Answer(BaseHTTPRequestHandler):
    timeout = 10

    def handle(self):
        self.said = read_header(self.rfile) if WANTS_HEADER else ""
        # A header that is missing is a probe, or somebody who did not come through the service.
        if self.said is not None:
            super().handle()

    def do_GET(self):
        text = f"payroll sees {self.client_address[0]}" + (f" ({self.said})" if self.said else "")
        print(f"lab: {text}", flush=True)
        body = f"{text}\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Said in do_GET."""


if __name__ == "__main__":
    print(f"lab: payroll listens on port {PORT}", flush=True)
    ThreadingHTTPServer(("0.0.0.0", PORT), Answer).serve_forever()
