#!/usr/bin/env python3
"""swift.py FOLDER: OpenStack Swift with its S3 interface, a second verifier of signatures, written by others than Ceph's; it also
checks the region. Four servers on free loopback ports, one copy, in FOLDER. Prints a line of JSON (endpoint, region, key, secret)
when it is ready, and serves until standard input ends. Needs root: Swift reads /etc/swift, so each server gets a mount namespace
with its own. Packages: swift-proxy swift-account swift-container swift-object.
"""
import json
import os
import pathlib
import subprocess
import sys

from loopback import children, free_ports, wait_for

PARTS = ("account", "container", "object")
FILTERS = ("catch_errors", "healthcheck", "cache", "listing_formats", "bulk", "s3api", "tempauth", "copy", "slo", "dlo",
           "versioned_writes")
REGION = "us-east-1"


def write_conf(path, sections):
    path.write_text("".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()) for name, values in sections.items()))


def common(port, etc):
    return {"bind_ip": "127.0.0.1", "bind_port": port, "user": "root", "swift_dir": etc, "log_address": etc / "nolog", "workers": 0}


def configure(top, ports):
    etc = top / "etc"
    write_conf(etc / "swift.conf", {"swift-hash": {"swift_hash_path_suffix": "s", "swift_hash_path_prefix": "p"},
                                    "storage-policy:0": {"name": "gold", "default": "yes"}})
    for part, port in zip(PARTS, ports[1:]):
        for words in (("create", "2", "1", "1"), ("add", f"r1z1-127.0.0.1:{port}/d1", "1"), ("rebalance",)):
            subprocess.run(["swift-ring-builder", f"{part}.builder", *words], cwd=etc, check=True, stdout=subprocess.DEVNULL)
        write_conf(etc / f"{part}-server.conf", {
            "DEFAULT": common(port, etc) | {"devices": top / "srv", "mount_check": "false", "disable_fallocate": "true"},
            "pipeline:main": {"pipeline": f"{part}-server"}, f"app:{part}-server": {"use": f"egg:swift#{part}"},
            f"{part}-replicator": {}, f"{part}-updater": {}, f"{part}-auditor": {}})
    settings = {"s3api": {"location": REGION, "dns_compliant_bucket_names": "true", "auth_pipeline_check": "false"},
                "tempauth": {"user_test_tester": "testing .admin"}, "cache": {"memcache_servers": "127.0.0.1:1"}}
    write_conf(etc / "proxy-server.conf", {
        "DEFAULT": common(ports[0], etc) | {"workers": 1}, "pipeline:main": {"pipeline": " ".join(FILTERS) + " proxy-server"},
        "app:proxy-server": {"use": "egg:swift#proxy", "allow_account_management": "true", "account_autocreate": "true"},
        **{f"filter:{f}": {"use": f"egg:swift#{'memcache' if f == 'cache' else f}"} | settings.get(f, {}) for f in FILTERS}})


def start(started, top, server):
    log = open(top / "log" / server, "ab")
    script = 'mount --bind "$1" /etc/swift && exec "swift-$2-server" "/etc/swift/$2-server.conf" -v'
    started.append(subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", str(top / "etc"), server],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log))


def main():
    top = pathlib.Path(sys.argv[1]).resolve()
    for name in ("etc", "srv/d1", "log"):
        (top / name).mkdir(parents=True, exist_ok=True)
    os.makedirs("/etc/swift", exist_ok=True)
    ports = free_ports(4)
    with children() as started:
        configure(top, ports)
        for server, port in zip(("proxy", *PARTS), ports):
            start(started, top, server)
            wait_for(port, server)
        print(json.dumps({"endpoint": f"http://127.0.0.1:{ports[0]}", "region": REGION, "key": "test:tester", "secret": "testing"}),
              flush=True)
        sys.stdin.read()


main()
