#!/usr/bin/env python3
"""origin.py [CERT KEY [CLIENT_CA]]: an HTTP/1.1 server on a free loopback port, whose paths misbehave on request.

Prints the port, serves until standard input ends.
  /echo      200, JSON of method, path, headers and the body's length and SHA-256
  /status/N  answers N with a short body (and Retry-After for 503)
  /bytes/N   N bytes, "0123456789" repeated
  /redirect  302 to /echo
  /cut/N     promises N bytes more than it sends
  /reset     closes without an answer
  /late/MS   answers after MS milliseconds
  /stall/N   sends N bytes, then nothing more
  /headers/N N header lines
  /conn      the number of this connection
"""
import hashlib
import http.server
import json
import ssl
import sys
import threading
import time

from loopback import Server, serve


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    count = 0
    lock = threading.Lock()

    def setup(self):
        super().setup()
        with Handler.lock:
            Handler.count += 1
            self.number = Handler.count

    def log_message(self, *args):
        pass

    def answer(self, status, body, headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        left = int(self.headers.get("Content-Length", 0))
        sha, total = hashlib.sha256(), 0
        while left > 0:
            piece = self.rfile.read(min(left, 1 << 16))
            if not piece:
                break
            sha.update(piece)
            total += len(piece)
            left -= len(piece)
        return total, sha.hexdigest()

    def do(self):
        if self.path == "/reset":
            self.close_connection = True
            return
        total, sha = self.body()
        word, _, number = self.path.strip("/").partition("/")
        n = int(number) if number.isdigit() else 0
        if word == "status":
            more = [("Retry-After", "1")] if n == 503 else []
            self.answer(n, b"" if n in (204, 304) else b"status %d" % n, more)
        elif word == "bytes":
            self.answer(200, (b"0123456789" * (n // 10 + 1))[:n])
        elif word == "redirect":
            self.answer(302, b"moved", [("Location", "/echo")])
        elif word == "cut":
            self.answer(200, b"short", length=5 + n)
            self.close_connection = True
        elif word == "late":
            time.sleep(n / 1000)
            self.answer(200, b"late")
        elif word == "stall":
            self.answer(200, b"x" * n, length=n + 100)
            self.wfile.flush()
            time.sleep(20)
            self.close_connection = True
        elif word == "headers":
            self.answer(200, b"", [(f"x-{i}", "v") for i in range(n)])
        elif word == "conn":
            self.answer(200, b"%d" % self.number)
        else:
            headers = [[k, v] for k, v in self.headers.items()]
            self.answer(200, json.dumps({"method": self.command, "path": self.path, "headers": headers,
                                         "size": total, "sha256": sha}).encode())

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do



server = Server(Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.load_verify_locations(sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
serve(server)
