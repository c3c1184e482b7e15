#!/usr/bin/env python3
"""Converts docker-compose.yml into a Swarm stack. Reads the output of `docker compose config` from standard input:

    docker compose config --format json | deploy/swarm/stack.py NAME > stack.json

Secrets, certificates and configuration files become Swarm secrets and configs, so that no node needs a checkout.
Service names resolve to all replicas (dnsrr), because the gateway and the services balance the load themselves.
Networks between nodes are encrypted, and a new version starts before the old one stops. With PUBLISH=0, the gateway's
ports are not published; with ENCRYPT=0, the networks are not encrypted.
"""

import hashlib
import json
import os
import pathlib
import sys

# Which secrets each service mounts, as the folder/file that `drawbridge secrets` writes.
SECRETS = {
    "web-frontend": ["web-frontend/web_frontend_key", "web-frontend/redis_url"],
    "auth-service": [
        "auth-service/master_secret",
        "auth-service/web_frontend_key",
        "auth-service/database_url",
        "auth-service/redis_url",
    ],
    "verify-service": ["verify-service/database_url", "verify-service/redis_url"],
    "postgres": ["postgres/superuser_password", "postgres/owner_password", "postgres/reader_password"],
    "redis": ["redis/redis.conf"],
}
# Services that run once or on demand.
NOT_SERVICES = ["secrets", "drawbridge"]
# Keys of Compose that Swarm does not support.
UNKNOWN = ["depends_on", "build", "restart", "profiles", "security_opt", "shm_size"]


def main():
    name = sys.argv[1]
    stack = json.load(sys.stdin)
    configs, certificates, services = {}, {}, {}
    for service, spec in stack["services"].items():
        if service not in NOT_SERVICES:
            services[service] = convert(service, spec, name, configs, certificates)
    overlay = {"driver": "overlay"}
    if os.environ.get("ENCRYPT", "1") == "1":
        overlay["driver_opts"] = {"encrypted": "true"}
    json.dump(
        {
            "version": "3.8",
            "services": services,
            "networks": {
                network: {**overlay, "internal": spec.get("internal", False)}
                for network, spec in stack["networks"].items()
            },
            "volumes": {"postgres-data": {}},
            "secrets": {
                secret_name(secret): {"external": True, "name": f"{name}_{secret_name(secret)}"}
                for secrets in SECRETS.values()
                for secret in secrets
            }
            | certificates,
            "configs": configs,
        },
        sys.stdout,
        indent=1,
    )


def convert(service, spec, name, configs, certificates):
    is_stateful = service in ("postgres", "redis")
    has_port = bool(spec.get("ports"))
    mounts = []
    spec["secrets"] = [
        {"source": secret_name(secret), "target": secret.split("/")[1], "mode": 0o444}
        for secret in SECRETS.get(service, [])
    ]
    for mount in spec.get("volumes", []):
        if mount["target"] == "/certificates":
            spec["secrets"].extend(files_of(mount, name, certificates))
        elif mount["type"] == "bind":
            spec.setdefault("configs", []).extend(files_of(mount, name, configs))
        elif mount["target"] != "/run/secrets":
            mounts.append({key: mount[key] for key in ("type", "source", "target")})
    if "shm_size" in spec:
        size = int(spec["shm_size"])
        mounts.append({"type": "tmpfs", "target": "/dev/shm", "tmpfs": {"size": size}})
    spec["volumes"] = mounts
    ports = spec.pop("ports", [])
    if os.environ.get("PUBLISH", "1") == "1":
        # Publish on the node that runs the gateway: a swarm-wide port would hide the client's address.
        spec["ports"] = [
            {"target": port["target"], "published": int(port["published"]), "protocol": "tcp", "mode": "host"}
            for port in ports
        ]
    spec["networks"] = list(spec.get("networks", {}))
    for key in UNKNOWN:
        spec.pop(key, None)
    for key in ("command", "entrypoint"):
        if spec.get(key) is None:
            spec.pop(key, None)
    deploy = spec.setdefault("deploy", {})
    deploy.setdefault("replicas", 1)
    deploy["endpoint_mode"] = "dnsrr"
    deploy["restart_policy"] = {"condition": "any", "delay": "1s"}
    # A task that holds data or a port of the node must stop before its successor can start.
    order = "stop-first" if is_stateful or has_port else "start-first"
    deploy["update_config"] = {
        "parallelism": 1, "order": order, "delay": "2s", "monitor": "10s", "failure_action": "rollback",
    }
    deploy["rollback_config"] = {"parallelism": 1, "order": order}
    # Swarm replaces unhealthy tasks. It must not do so during an outage of the database, because a running verifier has
    # cached records and its successor would not, nor while the database is still recovering.
    if service in SECRETS and not is_stateful:
        spec["healthcheck"] = {
            "test": ["CMD", service, "healthcheck", "serving"], "interval": "3s", "timeout": "3s", "retries": 3,
        }
    if service == "postgres":
        spec["healthcheck"] = {"disable": True}
        # The volume exists on one node only.
        deploy["placement"] = {"constraints": ["node.labels.drawbridge-data == true"]}
    return spec


def files_of(mount, name, known):
    """Turns the files of a folder into secrets or configs, named after a digest because Swarm cannot change them."""
    for path in sorted(pathlib.Path(mount["source"]).iterdir()):
        if not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        key = f"{path.stem}-{digest}"
        known[key] = {"file": str(path), "name": f"{name}_{key}"}
        yield {"source": key, "target": f"{mount['target']}/{path.name}", "mode": 0o444}


def secret_name(secret):
    return secret.replace("/", "_")


main()
