#!/usr/bin/env python3
"""flaky.py ENDPOINT PERCENT: stands on a free loopback port before an HTTP server and passes requests on as they are, but for PERCENT
of each kind: answered with 503, with 500, cut off without an answer, cut off in the middle of the answer. Prints the port, serves
until standard input ends, then prints a line of JSON: how many of each.
"""
import collections
import http.client
import http.server
import json
import random
import socket
import sys
import urllib.parse

from loopback import Server, serve

KINDS = ("503", "500", "cut", "half")
where = urllib.parse.urlsplit(sys.argv[1])
percent = int(sys.argv[2])
chance = random.Random(1)
counts = collections.Counter()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def fault(self):
        n = chance.randrange(100)
        kind = KINDS[n // percent] if n < len(KINDS) * percent else None
        counts[kind or "passed"] += 1
        return kind

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.fault()
        if kind in ("503", "500"):
            text = f"<Error><Code>{'SlowDown' if kind == '503' else 'InternalError'}</Code></Error>".encode()
            self.send_response(int(kind))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)
            return
        if kind == "cut":
            self.cut()
            return
        there = http.client.HTTPConnection(where.netloc, timeout=120)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
        there.request(self.command, self.path, body or None, headers)
        answer = there.getresponse()
        got = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length", str(len(got))) if self.command == "HEAD" else str(len(got)))
        self.end_headers()
        self.wfile.write(got[:len(got) // 2] if kind == "half" else got)
        if kind == "half":
            self.wfile.flush()
            self.cut()
        there.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on



serve(Server(Handler))
print(json.dumps(counts), flush=True)
