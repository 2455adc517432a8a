#!/usr/bin/env python3
"""metadata.py: the credential services of an EC2 instance (IMDSv2) and of a container, on a free loopback port.

  PUT /latest/api/token, GET /latest/meta-data/iam/security-credentials/[role]   as on an instance
  GET /container, with "Authorization: sesame"                                    as in a container
  GET /short                                                                      keys that end in a minute, new each time
"""
import datetime
import http.server
import json

from loopback import Server, serve

asked = {"n": 0}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def keys(self, name, seconds=3600):
        ends = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
        self.send(200, json.dumps({"AccessKeyId": name, "SecretAccessKey": "S" + name, "Token": "T" + name,
                                   "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode())

    def do_PUT(self):
        good = self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self.send(200 if good else 400, b"tok" if good else b"")

    def do_GET(self):
        base = "/latest/meta-data/iam/security-credentials/"
        if self.path.startswith(base) and self.headers.get("X-aws-ec2-metadata-token") != "tok":
            self.send(401, b"")
        elif self.path == base:
            self.send(200, b"the-role\n")
        elif self.path == base + "the-role":
            self.keys("instance")
        elif self.path == "/container":
            if self.headers.get("Authorization") == "sesame":
                self.keys("container")
            else:
                self.send(403, b"")
        elif self.path == "/short":
            asked["n"] += 1
            self.keys(f"short{asked['n']}", 60)
        else:
            self.send(404, b"")


serve(Server(Handler))
