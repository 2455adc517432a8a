#!/usr/bin/env python3
"""Clients that misbehave at a server on loopback, one line "NAME: RESULT" for each case.

rude.py PORT TOKEN PID      bad requests, silent and slow clients, many at once
rude.py PORT TOKEN PID N    only N connections, as many at once as the server lets stand

RESULT is a status; "closed": cut off without one; "open": nothing came for a long time.
"""

import os
import resource
import socket
import sys
import threading

PORT, TOKEN, PID = int(sys.argv[1]), sys.argv[2], sys.argv[3]
AUTH = f"Authorization: Bearer {TOKEN}\r\n"
LONG_S = 60.0


def connect(wait=LONG_S):
    return socket.create_connection(("127.0.0.1", PORT), timeout=wait)


def ask(data, shut=False):
    """What comes back for DATA; SHUT: say that no more will come."""
    with connect() as s:
        try:
            s.sendall(data)
            if shut:
                s.shutdown(socket.SHUT_WR)
            got = b""
            while b"\r\n" not in got:
                more = s.recv(4096)
                if not more:
                    return "closed"
                got += more
            return got.split()[1].decode()
        except TimeoutError:
            return "open"
        except OSError:
            return "closed"


def head(more, auth=AUTH):
    return f"POST / HTTP/1.1\r\nHost: x\r\n{auth}{more}\r\n".encode()


def post(body, length=None, auth=AUTH):
    return head(f"Content-Length: {len(body) if length is None else length}\r\n", auth) + body


def health():
    return ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")


def chunked(total, size=1 << 20):
    """A body that does not say how long it is."""
    with connect() as s:
        try:
            s.sendall(head("Transfer-Encoding: chunked\r\n"))
            chunk = b"%x\r\n" % size + b" " * size + b"\r\n"
            for _ in range(total // size):
                s.sendall(chunk)
            s.sendall(b"0\r\n\r\n")
            return s.recv(4096).split()[1].decode()
        except (OSError, IndexError):
            return "closed"


CASES = {
    "malformed": post(b'{"thunks": [{'),
    "array": post(b"[1, 2]"),
    "deep": post(b"[" * 100000),
    "binary": post(bytes(range(256)) * 16),
    "empty": post(b""),
    "unknown-field": post(b'{"thunks": [], "surprise": 1}'),
    "no-thunk": post(b'{"thunks": [], "storageBackend": "redis://127.0.0.1:1/"}'),
    "bad-name": post(b'{"thunks": [{"hash": "../../etc/passwd", "data": "", "outputs": []}]}'),
    "oversized": post(b"", 1 << 40),
    "overflowing": post(b"", "9" * 40),
    "negative": post(b"", -5),
    "long-header": head("X: " + "a" * (1 << 20) + "\r\n"),
    "many-headers": head("".join(f"X-{i}: a\r\n" for i in range(20000))),
    "unauthorised": post(b"{}", auth=""),
    "other-scheme": post(b"{}", auth="Authorization: Basic eDp5\r\n"),
    "prefix-of-token": post(b"{}", auth=AUTH[:-6] + "\r\n"),
    "unauthorised-large": post(b"", 60 << 20, auth=""),
    "no-http": b"\x16\x03\x01 hello\r\n\r\n",
    "method": b"DELETE / HTTP/1.1\r\nHost: x\r\n" + AUTH.encode() + b"\r\n",
}


def together(calls):
    """The results of calls at the same time, each once."""
    got = set()
    threads = [threading.Thread(target=lambda c=c: got.add(c())) for c in calls]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return " ".join(sorted(got))


def server():
    """Megabytes and descriptors that the server has now."""
    with open(f"/proc/{PID}/status", encoding="ascii") as status:
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return kib >> 10, len(os.listdir(f"/proc/{PID}/fd"))


def crowd(count):
    """COUNT connections that say nothing, or half of a head; others still get an answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before, _ = server()
    held, most_fds, statuses = [], 0, set()
    for i in range(count):
        s = connect()
        held.append(s)
        if i % 2:
            try:
                s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
            except OSError:
                pass
        if i % 1000 == 999 or i == count - 1:
            statuses.add(health())
            statuses.add(ask(post(b"[]")))
            most_fds = max(most_fds, server()[1])
        if len(held) > min(hard - 64, 12000):
            held.pop(0).close()
    after, _ = server()
    for s in held:
        s.close()
    print(f"crowd: {len(held)} held, answers {' '.join(sorted(statuses))}")
    print(f"crowd-fds: {'bounded' if most_fds < 1500 else most_fds}")
    print(f"crowd-memory: {'bounded' if after - before < 64 else after - before}")
    print(f"after: {health()}")


def main():
    if len(sys.argv) > 4:
        crowd(int(sys.argv[4]))
        return
    for name, data in CASES.items():
        print(f"{name}: {ask(data)}")
    before, _ = server()
    print(f"chunked: {chunked(80 << 20)}")
    half = post(b"{", 100)
    print(f"truncated: {ask(half, shut=True)}")
    print(f"slow: {together([lambda: ask(half)] * 20)}")
    print(f"silent: {together([lambda: ask(b'')] * 20)}")
    print(f"at-once: {together([lambda: ask(post(b'{}'))] * 100)}")
    print(f"bodies: {together([lambda: ask(post(b'{', 60 << 20))] * 12)}")
    print(f"memory: {'bounded' if server()[0] - before < 96 else server()[0] - before}")
    print(f"after: {health()}")


main()
