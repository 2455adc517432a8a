"""Requests with AWS Signature Version 4, for tests that look behind gg's back."""
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import urllib.parse


@dataclasses.dataclass
class S3:
    endpoint: str
    key: str
    secret: str
    region: str


def request(s3, method, path, body=b"", service="s3", headers=None):
    """The status and the body. @path is as it goes over the wire."""
    where = urllib.parse.urlsplit(s3.endpoint)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    signed = {"host": where.netloc, "x-amz-content-sha256": digest, "x-amz-date": now} | (headers or {})
    names = sorted(signed)
    route, _, query = path.partition("?")
    canonical = "\n".join([method, route, query, *(f"{n}:{signed[n]}" for n in names), "", ";".join(names), digest])
    scope = f"{now[:8]}/{s3.region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{s3.secret}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed["authorization"] = (f"AWS4-HMAC-SHA256 Credential={s3.key}/{scope}, SignedHeaders={';'.join(names)}, "
                               f"Signature={key.hex()}")
    connection = http.client.HTTPConnection(where.netloc, timeout=60)
    try:
        connection.request(method, path, body, signed)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
