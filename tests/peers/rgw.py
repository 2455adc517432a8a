#!/usr/bin/env python3
"""rgw.py [--sts] FOLDER: Ceph's S3 gateway with what it needs (one monitor, one store in memory), on free loopback ports; verifies
signatures, payload hashes and, with --sts, session tokens. Prints a line of JSON (endpoint, region, key, secret; with --sts also
session: a temporary key, secret and token) when it is ready, and serves until standard input ends.
Packages: radosgw ceph-mon ceph-osd ceph-common.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse
import uuid

from loopback import children, free_ports, wait_for
from sigv4 import S3, request

KEY, SECRET = "GGTESTKEYGGTESTKEY00", "GgTestSecretGgTestSecretGgTestSecret0000"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "*"}]}


class Cluster:
    def __init__(self, folder, sts, started):
        self.started = started
        self.top = folder.resolve()
        self.sts = sts
        for name in ("run", "log", "mon", "osd", "rgw"):
            (self.top / name).mkdir(parents=True, exist_ok=True)
        self.monitor, self.port = free_ports(2)
        self.id = str(uuid.uuid4())
        self.env = os.environ | {"CEPH_CONF": str(self.top / "ceph.conf"), "CEPH_ARGS": ""}
        self.log = open(self.top / "log/start", "ab")

    def run(self, *words, **options):
        return subprocess.run([str(w) for w in words], check=True, env=self.env, stdout=subprocess.PIPE, stderr=self.log, **options)

    def start(self, *words):
        self.started.append(subprocess.Popen([str(w) for w in words], env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log))

    def configure(self):
        t = self.top
        # the store takes what it holds, and writes wait for ever when it is full: 16 GiB are more than bench/run sends
        sections = {
            "global": {
                "fsid": self.id, "mon host": f"[v2:127.0.0.1:{self.monitor}/0]", "public addr": "127.0.0.1",
                "cluster addr": "127.0.0.1", "keyring": t / "keyring", "run dir": t / "run",
                "admin socket": t / "run/$name.asok", "log file": t / "log/$name.log", "mon cluster log file": t / "log/cluster.log",
                "crash dir": t / "log", "osd pool default size": 1, "osd pool default min size": 1, "osd pool default pg num": 4,
                "osd pool default pgp num": 4, "osd crush chooseleaf type": 0, "mon allow pool size one": "true",
                "mon max pg per osd": 2000},
            "mon": {"mon data": t / "mon", "mon initial members": "a", "mon data avail crit": 1},
            "osd": {"osd data": t / "osd", "osd objectstore": "memstore", "memstore device bytes": 1 << 34,
                    "osd memory target": 900 << 20, "osd class load list": "*", "osd class default list": "*",
                    "osd max object name len": 460, "osd max object namespace len": 64},
            "client.rgw": {"rgw data": t / "rgw", "rgw frontends": f"beast endpoint=127.0.0.1:{self.port}", "rgw thread pool size": 64,
                           "rgw enable usage log": "false", "rgw enable gc threads": "false", "rgw enable lc threads": "false",
                           "rgw run sync thread": "false"},
        }
        if self.sts:
            sections["client.rgw"] |= {"rgw s3 auth use sts": "true", "rgw sts key": "0123456789abcdef"}
        (t / "ceph.conf").write_text("".join(
            f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()) for name, values in sections.items()))

    def make_keys(self):
        ring = self.top / "keyring"
        for n, (name, caps) in enumerate({"mon.": {"mon": "allow *"}, "client.admin": {"mon": "allow *", "osd": "allow *"},
                                          "client.rgw": {"mon": "allow rw", "osd": "allow rwx"},
                                          "osd.0": {"mon": "allow profile osd", "osd": "allow *"}}.items()):
            words = [w for part, cap in caps.items() for w in ("--cap", part, cap)]
            self.run("ceph-authtool", *([] if n else ["-C"]), ring, "--gen-key", "-n", name, *words)

    def start_store(self):
        t = self.top
        self.run("monmaptool", "--create", "--fsid", self.id, "--addv", "a", f"[v2:127.0.0.1:{self.monitor}]", t / "monmap")
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", t / "monmap", "--keyring", t / "keyring")
        self.start("ceph-mon", "-i", "a", "-f")
        self.run("timeout", "90", "ceph", "-s")
        osd = str(uuid.uuid4())
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.start("ceph-osd", "-i", "0", "-f")
        for _ in range(300):
            if b"1 up" in self.run("ceph", "osd", "stat").stdout:
                return
            time.sleep(0.1)
        sys.exit("rgw.py: the store does not come up")

    def start_gateway(self):
        self.start("radosgw", "-n", "client.rgw", "-f")
        self.run("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=gg", "--display-name=gg", f"--access-key={KEY}",
                 f"--secret={SECRET}")
        wait_for(self.port, "the gateway")

    def session(self, s3):
        """A temporary key, secret and token."""
        self.run("radosgw-admin", "-n", "client.rgw", "caps", "add", "--uid=gg", "--caps=user-policy=*;roles=*")
        for service, question in (("iam", {"Action": "PutUserPolicy", "PolicyDocument": json.dumps(POLICY), "PolicyName": "p",
                                           "UserName": "gg", "Version": "2010-05-08"}),
                                  ("sts", {"Action": "GetSessionToken", "DurationSeconds": 3600, "Version": "2011-06-15"})):
            status, body = request(s3, "POST", "/", urllib.parse.urlencode(question).encode(), service=service,
                                   headers={"content-type": "application/x-www-form-urlencoded"})
            if status != 200:
                sys.exit(f"rgw.py: {service}: {status} {body.decode()}")
        found = dict(re.findall(rb"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]*)<", body))
        return {"key": found[b"AccessKeyId"].decode(), "secret": found[b"SecretAccessKey"].decode(),
                "token": found[b"SessionToken"].decode()}


def main():
    with children() as started:
        cluster = Cluster(pathlib.Path(sys.argv[-1]), "--sts" in sys.argv, started)
        cluster.configure()
        cluster.make_keys()
        cluster.start_store()
        cluster.start_gateway()
        said = {"endpoint": f"http://127.0.0.1:{cluster.port}", "region": "default", "key": KEY, "secret": SECRET}
        if cluster.sts:
            said["session"] = cluster.session(S3(said["endpoint"], KEY, SECRET, "default"))
        print(json.dumps(said), flush=True)
        sys.stdin.read()


main()
