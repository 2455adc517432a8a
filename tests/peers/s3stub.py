#!/usr/bin/env python3
"""s3stub.py [REGION [TOKEN]]: a small S3 in memory on a free loopback port, for quick tests.

It computes Signature V4 itself and refuses what is not signed right, checks x-amz-content-sha256, the region and, if
TOKEN is given, the session token. Bucket "b" exists; the key is "AKID", the secret "SECRET". Prints the port.

Faults, by requests to /-/…, unsigned:
  /-/fail/N/STATUS   the next N requests answer STATUS (0: cut the connection in the middle of the answer)
  /-/every/N/STATUS  so does every N-th request, from now on (N 0: none)
  /-/tamper/KEY      the object's last byte is changed in the store
  /-/empty           the bucket is emptied
  /-/count           how many requests came, by method, and how many uploads are open, as JSON
"""
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time
import urllib.parse

from loopback import Server, serve

REGION = sys.argv[1] if len(sys.argv) > 1 else "us-east-1"
TOKEN = sys.argv[2] if len(sys.argv) > 2 else None
SECRET = "SECRET"
objects, uploads, counts = {}, {}, {}
faults = {"left": 0, "status": 0, "every": 0, "every_status": 0, "seen": 0}
lock = threading.Lock()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-_.~")


class Refused(Exception):
    def __init__(self, status, code, message="", region=""):
        super().__init__(code)
        self.status, self.code, self.message, self.region = status, code, message, region


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def send(self, status, body=b"", headers=(), cut=False):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (100 if cut else 0)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if cut:
            self.close_connection = True

    def check_signature(self, path, query, body):
        auth = self.headers.get("Authorization", "")
        if not auth.startswith("AWS4-HMAC-SHA256 "):
            raise Refused(403, "AccessDenied", "no signature")
        parts = dict(p.strip().split("=", 1) for p in auth[17:].split(","))
        key, day, region, service, _ = parts["Credential"].split("/")
        if key != "AKID":
            raise Refused(403, "InvalidAccessKeyId", "unknown key")
        if region != REGION or service != "s3":
            raise Refused(400, "AuthorizationHeaderMalformed", "expecting another region", REGION)
        when = self.headers["x-amz-date"]
        if abs(time.mktime(time.strptime(when, "%Y%m%dT%H%M%SZ")) - time.timezone - time.time()) > 900:
            raise Refused(403, "RequestTimeTooSkewed")
        names = parts["SignedHeaders"].split(";")
        if "host" not in names or "x-amz-content-sha256" not in names or names != sorted(names):
            raise Refused(403, "AccessDenied", "not enough is signed")
        headers = "".join(f"{n}:{' '.join(self.headers.get(n, '').split())}\n" for n in names)
        pairs = sorted((quote(k), quote(v)) for k, v in query)
        canonical = "\n".join([self.command, quote(path, "/"), "&".join(f"{k}={v}" for k, v in pairs), headers,
                               parts["SignedHeaders"], self.headers["x-amz-content-sha256"]])
        text = "\n".join(["AWS4-HMAC-SHA256", when, f"{day}/{region}/s3/aws4_request", sha256(canonical.encode())])
        k = ("AWS4" + SECRET).encode()
        for part in (day, region, "s3", "aws4_request"):
            k = sign(k, part)
        if sign(k, text).hex() != parts["Signature"]:
            raise Refused(403, "SignatureDoesNotMatch", "the signature is another")
        if TOKEN and self.headers.get("x-amz-security-token") != TOKEN:
            raise Refused(400, "InvalidToken", "the token is malformed")
        if sha256(body) != self.headers["x-amz-content-sha256"]:
            raise Refused(400, "XAmzContentSHA256Mismatch", "the body is another")

    def control(self, words):
        n = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        if words[0] == "fail":
            faults.update(left=n, status=int(words[2]))
        elif words[0] == "every":
            faults.update(every=n, every_status=int(words[2]), seen=0)
        elif words[0] == "tamper":
            name = urllib.parse.unquote("/".join(words[1:]))
            data, when = objects[name]
            objects[name] = (data[:-1] + bytes([data[-1] ^ 1]), when)
        elif words[0] == "empty":
            objects.clear()
        self.send(200, json.dumps({**counts, "uploads": len(uploads), "objects": len(objects)}).encode())

    def listing(self, query):
        prefix, at = query.get("prefix", ""), query.get("continuation-token", "")
        size = min(200, int(query.get("max-keys", "1000")))  # a server may give less
        with lock:
            keys = sorted(k for k in objects if k.startswith(prefix) and k > at)
        keys = [k for k in keys if "/" not in k[len(prefix):]]
        page, more = keys[:size], len(keys) > size
        items = "".join("<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>%d</Size></Contents>" % (
            k, time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(objects[k][1])), len(objects[k][0])) for k in page)
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        self.send(200, (f'<?xml version="1.0"?><ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>'
                        f"{token}{items}</ListBucketResult>").encode())

    def serve(self, key, query, body):
        if self.command == "GET" and not key:
            self.listing(query)
        elif self.command == "POST" and "uploads" in query:
            with lock:
                name = f"up/{len(uploads)}+{time.time()}"
                uploads[name] = {}
            self.send(200, f"<R><UploadId>{name}</UploadId></R>".encode())
        elif "uploadId" in query and query["uploadId"] not in uploads:
            raise Refused(404, "NoSuchUpload")
        elif self.command == "PUT" and "uploadId" in query:
            uploads[query["uploadId"]][int(query["partNumber"])] = body
            self.send(200, headers=[("ETag", f'"{hashlib.md5(body).hexdigest()}"')])
        elif self.command == "POST":
            parts = uploads.pop(query["uploadId"])
            objects[key] = (b"".join(parts[n] for n in sorted(parts)), time.time())
            self.send(200, b"<CompleteMultipartUploadResult/>")
        elif self.command == "DELETE" and "uploadId" in query:
            uploads.pop(query["uploadId"])
            self.send(204)
        elif self.command == "PUT":
            objects[key] = (body, time.time())
            self.send(200, headers=[("ETag", '"x"')])
        elif self.command == "DELETE":
            objects.pop(key, None)
            self.send(204)
        elif key not in objects:
            raise Refused(404, "NoSuchKey", "no such key")
        else:
            self.send(200, objects[key][0])

    def fault(self):
        with lock:
            faults["seen"] += 1
            if faults["left"]:
                faults["left"] -= 1
                return faults["status"]
            if faults["every"] and faults["seen"] % faults["every"] == 0:
                return faults["every_status"]
        return None

    def do(self):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path.startswith("/-/"):
            self.control(url.path[3:].split("/"))
            return
        with lock:
            counts[self.command] = counts.get(self.command, 0) + 1
        status = self.fault()
        pairs = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        try:
            if status == 0:
                self.send(200, b"cut", cut=True)
                return
            if status:
                code = {503: "SlowDown", 500: "InternalError"}.get(status, "Odd")
                raise Refused(status, code, "please try again")
            self.check_signature(path, pairs, body)
            bucket, _, key = path[1:].partition("/")
            if bucket != "b":
                raise Refused(404, "NoSuchBucket", "no such bucket")
            self.serve(key, dict(pairs), body)
        except Refused as e:
            region = f"<Region>{e.region}</Region>" if e.region else ""
            self.send(e.status, f"<Error><Code>{e.code}</Code><Message>{e.message}</Message>{region}</Error>".encode())

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do



serve(Server(Handler))
