"""What the peers of the tests share: free ports, a quiet HTTP server, and child processes that end with their parent."""
import contextlib
import http.server
import signal
import socket
import subprocess
import sys
import threading
import time


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(port, who, seconds=90):
    """Until somebody listens there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"{sys.argv[0]}: {who} does not answer")


class Server(http.server.ThreadingHTTPServer):
    """On a free port; what clients do to it is no news."""

    daemon_threads = True
    request_queue_size = 2048

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)

    def handle_error(self, request, client_address):
        pass


def serve(server):
    """Prints the port and serves until standard input ends."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


@contextlib.contextmanager
def children():
    """A list for subprocess.Popen objects; they are ended in the reverse order, also on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    started = []
    try:
        yield started
    finally:
        for child in reversed(started):
            child.terminate()
        for child in reversed(started):
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
