#!/usr/bin/env python3
"""A worker that lies: liar.py UPSTREAM-PORT MODE-FILE LOG. Prints its port; ends with its standard input.

A request is handed to the honest server at UPSTREAM-PORT, and the answer changed as the word in
MODE-FILE says: one of LIES, "honest", or "all" (each request another lie). Each lie is a line in LOG.
Requests that came by a redirect, and what credentials they carried, are lines "redirected: …".
It answers Lambda's Invoke as well; what it is sent there is not checked.
"""

import base64
import copy
import hashlib
import http.client
import itertools
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler

from loopback import Server, serve

UPSTREAM, MODE_FILE, LOG = int(sys.argv[1]), sys.argv[2], sys.argv[3]
TOO_MUCH = b" " * (66 << 20)


def name_of(data, kind="V"):
    """The name of DATA as an object."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{kind}{digest.replace('-', '.')}{len(data):08x}"


def first(answer):
    return answer["executedThunks"][0]["outputs"][0]


def flipped(text):
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(data).decode()


def another_thunk(a, _):
    a["executedThunks"][0]["thunkHash"] = name_of(b"##GGTHUNK##another", "T")


def another_answer(a, _):
    if honest_answers:
        a.clear()
        a.update(copy.deepcopy(honest_answers[0]))


def wrong_bytes(a, _):
    first(a)["data"] = flipped(first(a)["data"])


def wrong_name(a, _):
    size = len(base64.b64decode(first(a)["data"]))
    first(a)["hash"] = name_of(b"x" * size)


def nowhere(a, _):
    """An object of the right size that the store does not have."""
    wrong_name(a, _)
    first(a)["data"] = ""


def tampered(a, store):
    """The object is in the store, with other bytes."""
    path = f"{store}/{first(a)['hash']}"
    data = flipped(first(a)["data"])
    os.chmod(path, 0o644)
    with open(path, "wb") as f:
        f.write(base64.b64decode(data))
    first(a)["data"] = ""


def wrong_size(a, _):
    first(a)["size"] += 1


def no_outputs(a, _):
    a["executedThunks"][0]["outputs"] = []


def more_outputs(a, _):
    data = b"surprise"
    a["executedThunks"][0]["outputs"].append(
        {"tag": "/etc/cron.d/x", "hash": name_of(data), "size": len(data), "executable": True, "data": base64.b64encode(data).decode()}
    )


def output_twice(a, _):
    a["executedThunks"][0]["outputs"].append(copy.deepcopy(first(a)))


def other_tag(a, _):
    first(a)["tag"] = "../../other"


def no_thunks(a, _):
    a["executedThunks"] = []


def two_thunks(a, _):
    a["executedThunks"] = a["executedThunks"] * 2


def false_thunk(a, _):
    """An output that begins like a thunk and is none."""
    data = b"##GGTHUNK##\xff\xff\xff"
    first(a).update(hash=name_of(data, "T"), size=len(data), data=base64.b64encode(data).decode())


def both(a, _):
    a["returnCode"] = 5
    a["failure"] = "ok"


def name_is_path(a, _):
    first(a)["hash"] = "../../../../etc/passwd"


def not_base64(a, _):
    first(a)["data"] = "$$$$"


# what is changed in the answer
CHANGES = {
    f.__name__.replace("_", "-"): f
    for f in (another_thunk, another_answer, wrong_bytes, wrong_name, nowhere, tampered, wrong_size, no_outputs, more_outputs)
    + (output_twice, other_tag, no_thunks, two_thunks, false_thunk, both, name_is_path, not_base64)
}
# what is said in its place: status, type, body
INSTEAD = {
    "empty": (200, "application/json", b""),
    "page": (200, "text/html", b"<html><title>Sign in</title></html>"),
    "array": (200, "application/json", b"[]"),
    "null": (200, "application/json", b"null"),
    "deep": (200, "application/json", b"[" * 1000000),
    "binary": (200, "application/json", bytes(range(256)) * 64),
    "no-content": (204, "application/json", b""),
    "teapot": (418, "text/plain", b"I am a teapot"),
}
LIES = list(CHANGES) + list(INSTEAD) + ["half", "cut", "oversized", "endless", "redirect", "no-http", "long-header"]
turn = itertools.count()
lock = threading.Lock()
honest_answers = []


def log(line):
    with lock, open(LOG, "a", encoding="utf-8") as f:
        f.write(line + "\n")


def ask_upstream(method, path, body):
    c = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=120)
    c.request(method, path, body)
    r = c.getresponse()
    return r.status, r.read()


class Liar(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, kind, body, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self, raw, more=b""):
        self.wfile.write(raw)
        self.wfile.write(more)
        self.close_connection = True

    def do_GET(self):
        if "elsewhere" in self.path:
            log(f"redirected: {self.headers.get('Authorization')}")
        self.say(*self.upstream("GET", "/healthz", None))

    def upstream(self, method, path, body):
        status, data = ask_upstream(method, path, body)
        return status, "application/json", data

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "elsewhere" in self.path:
            log(f"redirected: {self.headers.get('Authorization')}")
        with open(MODE_FILE, encoding="utf-8") as f:
            mode = f.read().strip()
        if mode == "all":
            mode = LIES[next(turn) % len(LIES)]
        log(mode)
        try:
            self.lie(mode, body)
        except OSError:
            self.close_connection = True

    def lie(self, mode, body):
        if mode in INSTEAD:
            self.say(*INSTEAD[mode])
        elif mode == "redirect":
            self.say(302, "text/plain", b"", Location=f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        elif mode == "oversized":
            self.say(200, "application/json", TOO_MUCH)
        elif mode == "endless":
            self.hang_up(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", TOO_MUCH)
        elif mode == "no-http":
            self.hang_up(b"220 mail.example.org ESMTP\r\n")
        elif mode == "long-header":
            self.hang_up(b"HTTP/1.1 200 OK\r\nX: " + b"a" * (4 << 20) + b"\r\n\r\n")
        else:
            self.pervert(mode, body)

    def pervert(self, mode, body):
        """The honest answer, changed."""
        status, data = ask_upstream("POST", "/", body)
        if status != 200:
            self.say(status, "text/plain", data)
            return
        answer = json.loads(data)
        if mode in CHANGES and answer["returnCode"] == 0:
            store = json.loads(body)["storageBackend"].removeprefix("file://")
            CHANGES[mode](answer, store)
            data = json.dumps(answer).encode()
        elif mode == "honest":
            with lock:
                honest_answers.append(answer)
        if mode == "half":
            self.say(200, "application/json", data[: len(data) // 2])
        elif mode == "cut":
            self.say(200, "application/json", data[: len(data) // 2], length=len(data))
            self.close_connection = True
        else:
            self.say(200, "application/json", data)


serve(Server(Liar))
