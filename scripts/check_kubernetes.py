"""Checks rendered Kubernetes manifests. Called by scripts/check-kubernetes.

    check_kubernetes.py "1.30 1.37" production.yaml …

Each file is one rendering: everything that is applied to a namespace together.
"""

import functools
import re
import sys
from pathlib import Path

import kubernetes_validate
import yaml
from kubernetes_validate import utils

# Read each schema only once, not once per document.
utils.schema_contents = functools.cache(utils.schema_contents)

NAME = "app.kubernetes.io/name"
SERVICES = ("web-frontend", "auth-service", "verify-service")
WORKLOADS = ("Deployment", "StatefulSet", "Job")

# The items of the Secret that each program must receive; it must not receive any others.
SECRETS = {
    "auth-service": {"master_secret", "web_frontend_key", "auth_database_url", "redis_url"},
    "verify-service": {"verify_database_url", "redis_url"},
    "web-frontend": {"web_frontend_key", "redis_url"},
    "migrate": {"auth_database_url"},
    "postgres": {"superuser_password", "owner_password", "reader_password"},
    "redis": {"redis_conf"},
}

# Which program may connect to which, and on which ports. All other connections between our pods must be blocked.
WAYS = {
    ("web-frontend", "auth-service"): {8081},
    ("web-frontend", "verify-service"): {8082, 9082},
    ("verify-service", "auth-service"): {8081},
    ("auth-service", "postgres"): {5432},
    ("verify-service", "postgres"): {5432},
    ("auth-service", "redis"): {6379},
    ("verify-service", "redis"): {6379},
    ("web-frontend", "redis"): {6379},
}


# Names of settings with a secret value, and URLs that contain a password.
SECRET_SETTING = re.compile("SECRET|PASSWORD|WEB_FRONTEND_KEY|DATABASE_URL|REDIS_URL")
PASSWORD_IN_URL = re.compile(r"://[^/\s]*:[^/\s]*@")


class Rendering:
    """The documents that are applied together, and the faults found in them."""

    def __init__(self, path):
        self.name = Path(path).stem
        self.documents = [d for d in yaml.safe_load_all(Path(path).read_text()) if d]
        self.faults = []

    def of(self, *kinds):
        return [d for d in self.documents if d["kind"] in kinds]

    def fault(self, document, what):
        self.faults.append(f"{document['kind']}/{document['metadata']['name']}: {what}")

    def pods(self):
        """Each workload together with its pod template."""
        return [(d, d["spec"]["template"]) for d in self.of(*WORKLOADS)]

    def selected(self, selector):
        return [(d, t) for d, t in self.pods() if matches(selector, labels(t))]


def labels(template):
    return template["metadata"].get("labels", {})


def name_of(template):
    return labels(template).get(NAME)


def matches(selector, have):
    if not all(have.get(k) == v for k, v in selector.get("matchLabels", {}).items()):
        return False
    for e in selector.get("matchExpressions", []):
        there = {
            "In": have.get(e["key"]) in e.get("values", []),
            "NotIn": have.get(e["key"]) not in e.get("values", []),
            "Exists": e["key"] in have,
            "DoesNotExist": e["key"] not in have,
        }
        if not there[e["operator"]]:
            return False
    return True


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def container_ports(template):
    return [p for c in containers(template) for p in c.get("ports", [])]


def check_schemas(rendering, versions):
    for document in rendering.documents:
        for version in versions:
            try:
                used = kubernetes_validate.validate(document, version, strict=True)
                if used == version:
                    continue
                rendering.fault(document, f"no schemas for Kubernetes {version}")
            except kubernetes_validate.ValidationError as error:
                at = ".".join(str(part) for part in error.path) or "the document"
                rendering.fault(document, f"not valid for Kubernetes {version}: {at}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError:
                what = f"Kubernetes {version} has no {document['kind']} in {document['apiVersion']}"
                rendering.fault(document, what)
            break


def check_names(rendering):
    seen = set()
    for document in rendering.documents:
        key = (document["apiVersion"], document["kind"], document["metadata"]["name"])
        if key in seen:
            rendering.fault(document, "is defined twice")
        seen.add(key)


def check_pods(rendering):
    for workload, template in rendering.pods():
        fault = functools.partial(rendering.fault, workload)
        spec = template["spec"]
        if workload["kind"] != "Job" and not matches(workload["spec"]["selector"], labels(template)):
            fault("the selector does not match its own pods")
        if spec.get("automountServiceAccountToken") is not False:
            fault("automountServiceAccountToken is not false")
        if spec.get("enableServiceLinks") is not False:
            fault("enableServiceLinks is not false")
        accounts = {d["metadata"]["name"] for d in rendering.of("ServiceAccount")} | {"default"}
        if spec.get("serviceAccountName", "default") not in accounts:
            fault(f"missing ServiceAccount {spec['serviceAccountName']}")
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                fault(f"{key} is set")
        pod_context = spec.get("securityContext", {})
        for container in containers(template):
            check_container(rendering, workload, pod_context, container)
        check_volumes(rendering, workload, template)
        check_sources(rendering, workload, template)


def check_container(rendering, workload, pod_context, container):
    def fault(what):
        rendering.fault(workload, f"container {container['name']}: {what}")

    own = container.get("securityContext", {})
    context = {**pod_context, **own}
    wanted = {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for key, value in wanted.items():
        if context.get(key) != value:
            fault(f"securityContext.{key} is not {value}")
    if context.get("privileged") or context.get("runAsUser") == 0:
        fault("is privileged or runs as root")

    resources = container.get("resources", {})
    if "memory" not in resources.get("limits", {}):
        fault("has no memory limit")
    if not {"cpu", "memory"} <= set(resources.get("requests", {})):
        fault("does not request cpu and memory")

    if workload["kind"] != "Job":
        names = {p.get("name") for p in container.get("ports", [])}
        for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = container.get(kind)
            if probe is None:
                if kind != "startupProbe":
                    fault(f"has no {kind}")
                continue
            port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
            if isinstance(port, str) and port not in names:
                fault(f"{kind} uses port {port}, which the container does not have")

    image = container.get("image", "")
    if "@sha256:" not in image and (":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")):
        fault(f"image {image} has no version")

    for variable in container.get("env", []):
        name = variable["name"]
        if SECRET_SETTING.search(name) and not name.endswith("_FILE"):
            fault(f"{name} is a secret; use {name}_FILE with a file instead")


def check_volumes(rendering, workload, template):
    fault = functools.partial(rendering.fault, workload)
    name = name_of(template)
    volumes = {v["name"]: v for v in template["spec"].get("volumes", [])}
    claims = {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])}
    maps = {d["metadata"]["name"] for d in rendering.of("ConfigMap")}
    secrets = {d["metadata"]["name"]: d for d in rendering.of("Secret")}
    read = set()
    for volume in volumes.values():
        config = volume.get("configMap", {"optional": True})
        if not config.get("optional") and config["name"] not in maps:
            fault(f"missing ConfigMap {volume['configMap']['name']}")
        if "secret" not in volume:
            continue
        secret = volume["secret"]
        if not secret.get("items"):
            fault(f"volume {volume['name']} contains the whole Secret {secret['secretName']}")
        keys = {item["key"] for item in secret.get("items", [])}
        read |= keys
        if secrets:
            made = secrets.get(secret["secretName"], {}).get("data", {})
            for key in sorted(keys - set(made)):
                fault(f"the Secret {secret['secretName']} has no {key}")
        elif secret["secretName"] != "drawbridge":
            fault(f"no step creates a Secret {secret['secretName']}")
    for key in sorted(read - SECRETS.get(name, set())):
        fault(f"receives {key}, which it does not need")
    for key in sorted(SECRETS.get(name, set()) - read):
        fault(f"does not receive {key}")

    for container in containers(template):
        mounts = {m["mountPath"]: m["name"] for m in container.get("volumeMounts", [])}
        for volume in mounts.values():
            if volume not in volumes and volume not in claims:
                fault(f"missing volume {volume}")
        files = {
            f"{path}/{item['path']}"
            for path, volume in mounts.items()
            for item in volumes.get(volume, {}).get("secret", {}).get("items", [])
        }
        for variable in container.get("env", []):
            if variable["name"].endswith("_FILE") and variable.get("value") not in files:
                fault(f"{variable['name']} names {variable.get('value')}, which is not mounted")


def check_sources(rendering, workload, template):
    maps = {d["metadata"]["name"] for d in rendering.of("ConfigMap")}
    for container in containers(template):
        for source in container.get("envFrom", []):
            if "secretRef" in source:
                rendering.fault(workload, "copies a whole Secret into its environment")
            elif source["configMapRef"]["name"] not in maps:
                rendering.fault(workload, f"missing ConfigMap {source['configMapRef']['name']}")


def check_settings(rendering):
    for document in rendering.of("ConfigMap"):
        for key, value in document.get("data", {}).items():
            if key.endswith(".sql"):
                continue
            if key not in known_settings():
                rendering.fault(document, f"no program reads {key}")
            if is_secret(key, value):
                rendering.fault(document, f"{key} is a secret")


def is_secret(key, value):
    return SECRET_SETTING.search(key) or PASSWORD_IN_URL.search(value)


@functools.cache
def known_settings():
    """The names of the environment variables that the programs read, from their source code."""
    sources = (p.read_text() for folder in (".", "shared") for p in Path(folder).glob("*/src/**/*.rs"))
    return {name for text in sources for name in re.findall(r'"([A-Z][A-Z_]+)"', text)}


def check_secrets(rendering):
    # The Secret of the local overlay is generated on the operator's machine.
    if rendering.name != "local":
        for document in rendering.of("Secret"):
            rendering.fault(document, "the manifests must not contain a Secret")


def check_services(rendering):
    services = {d["metadata"]["name"]: d["spec"] for d in rendering.of("Service")}
    for document in rendering.of("Service"):
        pods = rendering.selected({"matchLabels": document["spec"]["selector"]})
        if not pods:
            rendering.fault(document, "the selector matches no pods")
        for port in document["spec"]["ports"]:
            for _, template in pods:
                target = port.get("targetPort", port["port"])
                ports = container_ports(template)
                found = [p["containerPort"] for p in ports if target in (p.get("name"), p["containerPort"])]
                if not found:
                    rendering.fault(document, f"{name_of(template)} has no port {target}")
                # A headless Service only resolves to addresses, so nothing maps one port to another.
                elif document["spec"].get("clusterIP") == "None" and found != [port["port"]]:
                    rendering.fault(document, f"is headless, so port {port['port']} must be the pods' port {found[0]}")

    for document in rendering.of("StatefulSet"):
        if document["spec"]["serviceName"] not in services:
            rendering.fault(document, f"missing Service {document['spec']['serviceName']}")
    for document in rendering.of("Ingress"):
        for rule in document["spec"]["rules"]:
            hosts = {host for tls in document["spec"].get("tls", []) for host in tls["hosts"]}
            if rule["host"] not in hosts:
                rendering.fault(document, f"{rule['host']} is served without TLS")
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                ports = services.get(service["name"], {}).get("ports", [])
                if not any(service["port"] in ({"name": p["name"]}, {"number": p["port"]}) for p in ports):
                    rendering.fault(document, f"missing Service {service['name']} with port {service['port']}")
                elif "internal" in service["port"].values():
                    rendering.fault(document, "publishes an internal port")

    # The addresses under which the services find each other.
    for document in rendering.of("ConfigMap"):
        for key in ("AUTH_SERVICE_URL", "VERIFY_SERVICE_URL", "VERIFY_INTERNAL_URL"):
            for url in filter(None, document.get("data", {}).get(key, "").split(",")):
                found = re.fullmatch(r"http://([^:/]+):(\d+)", url.strip())
                ports = [p["port"] for p in services.get(found[1], {}).get("ports", [])] if found else []
                if not found or int(found[2]) not in ports:
                    rendering.fault(document, f"{key} names {url}, which is not a Service")


def check_scaling(rendering):
    deployments = {d["metadata"]["name"]: d for d in rendering.of("Deployment")}
    for document in rendering.of("HorizontalPodAutoscaler"):
        spec = document["spec"]
        target = deployments.get(spec["scaleTargetRef"]["name"])
        if target is None:
            rendering.fault(document, f"missing Deployment {spec['scaleTargetRef']['name']}")
        elif "replicas" in target["spec"]:
            rendering.fault(document, "its Deployment sets `replicas`, so each apply would undo the scaling")
        if spec["minReplicas"] > spec["maxReplicas"]:
            rendering.fault(document, "minReplicas is greater than maxReplicas")
    for document in rendering.of("PodDisruptionBudget"):
        if not rendering.selected(document["spec"]["selector"]):
            rendering.fault(document, "the selector matches no pods")
    for service in SERVICES:
        have = {"matchLabels": {NAME: service}}
        templates = rendering.selected(have)
        if not templates:
            rendering.faults.append(f"missing {service}")
        for document, template in templates:
            budgets = rendering.of("PodDisruptionBudget")
            if not any(matches(b["spec"]["selector"], labels(template)) for b in budgets):
                rendering.fault(document, "has no PodDisruptionBudget")
            for spread in template["spec"].get("topologySpreadConstraints", []):
                if not matches(spread["labelSelector"], labels(template)):
                    rendering.fault(document, "a topologySpreadConstraint does not match its own pods")


def check_versions(rendering):
    for document, template in rendering.pods():
        tag = containers(template)[0]["image"].rpartition(":")[2].replace(".", "-")
        # A Job's template is immutable, so a new version needs a new name.
        is_named = rendering.name == "base" or "@" in containers(template)[0]["image"]
        if document["kind"] == "Job" and not is_named and not document["metadata"]["name"].endswith(f"-{tag}"):
            rendering.fault(document, f"the name does not end with -{tag}, the version of its image")


def check_policies(rendering, everybody):
    policies = rendering.of("NetworkPolicy")
    for document in policies:
        spec = document["spec"]
        targets = rendering.selected(spec["podSelector"])
        if not targets:
            rendering.fault(document, "the podSelector matches no pods")
        selectors = [spec["podSelector"]]
        for way, kind in (("ingress", "from"), ("egress", "to")):
            if way in spec and way.capitalize() not in spec["policyTypes"]:
                rendering.fault(document, f"has {way} rules, but policyTypes does not contain {way.capitalize()}")
            for rule in spec.get(way, []):
                peers = [p["podSelector"] for p in rule.get(kind, []) if is_own(p)]
                selectors += peers
                for peer in peers:
                    if not rendering.selected(peer):
                        rendering.fault(document, f"{way} {kind} {peer} matches no pods")
                if way == "ingress":
                    have = {p["containerPort"] for _, t in targets for p in container_ports(t)}
                    for port in rule.get("ports", []):
                        if port["port"] not in have:
                            rendering.fault(document, f"none of the selected pods has port {port['port']}")
        for selector in selectors:
            for e in selector.get("matchExpressions", []):
                for value in set(e.get("values", [])) - everybody:
                    rendering.fault(document, f"no pod is named {value}")

    for document, template in rendering.pods():
        for way in ("Ingress", "Egress"):
            if not any(
                way in p["spec"]["policyTypes"] and not p["spec"].get(way.lower())
                and matches(p["spec"]["podSelector"], labels(template))
                for p in policies
            ):
                rendering.fault(document, f"no policy denies all {way.lower()} by default")
        for other, target in rendering.pods():
            way = (name_of(template), name_of(target))
            ports = {p["containerPort"] for p in container_ports(target)}
            open_ports = {p for p in ports if may_pass(policies, template, target, p)}
            missing, surplus = WAYS.get(way, set()) - open_ports, open_ports - WAYS.get(way, set())
            if missing:
                rendering.fault(document, f"the policies block {way[1]} on ports {sorted(missing)}")
            if surplus:
                rendering.fault(document, f"the policies needlessly allow {way[1]} on ports {sorted(surplus)}")


def is_own(peer):
    """Returns true if the peer selects pods of this namespace."""
    return "podSelector" in peer and "namespaceSelector" not in peer


def may_pass(policies, source, target, port):
    """Returns true if a pod can reach another pod of the namespace. The policies of both sides must allow it."""
    return agrees(policies, "egress", source, target, port) and agrees(policies, "ingress", target, source, port)


def agrees(policies, way, pod, peer, port):
    rules = [
        rule
        for policy in policies
        if way.capitalize() in policy["spec"]["policyTypes"] and matches(policy["spec"]["podSelector"], labels(pod))
        for rule in policy["spec"].get(way, [])
    ]
    peers = "to" if way == "egress" else "from"
    return any(
        (
            "ports" not in rule
            or any(p.get("protocol", "TCP") == "TCP" and p["port"] == port for p in rule["ports"])
        )
        and (
            peers not in rule
            or any(is_own(p) and matches(p["podSelector"], labels(peer)) for p in rule[peers])
        )
        for rule in rules
    )


def check_draining(rendering):
    settings = {k: v for d in rendering.of("ConfigMap") for k, v in d.get("data", {}).items()}
    drain = re.fullmatch(r"(\d+)s", settings.get("DRAIN_TIME", "6s"))
    for document, template in rendering.pods():
        if name_of(template) in SERVICES:
            grace = template["spec"].get("terminationGracePeriodSeconds", 30)
            if not drain or int(drain[1]) + 10 >= grace:
                what = f"terminationGracePeriodSeconds {grace} is not greater than DRAIN_TIME plus 10 s"
                rendering.fault(document, what)


CHECKS = (
    check_names,
    check_pods,
    check_settings,
    check_secrets,
    check_services,
    check_scaling,
    check_versions,
    check_draining,
)


def main(versions, paths):
    versions = versions.split()
    renderings = [Rendering(path) for path in paths]
    everybody = {name_of(t) for r in renderings for _, t in r.pods()}
    for rendering in renderings:
        check_schemas(rendering, versions)
        if rendering.faults:
            # The checks below rely on valid documents.
            continue
        for check in CHECKS:
            check(rendering)
        check_policies(rendering, everybody)
    # Report a fault once, even if several renderings have it.
    faults = {}
    for rendering in renderings:
        for fault in rendering.faults:
            faults.setdefault(fault, []).append(rendering.name)
    if faults:
        for fault, names in faults.items():
            print(f"{fault} ({', '.join(dict.fromkeys(names))})", file=sys.stderr)
        print(f"kubernetes: {len(faults)} fault(s)", file=sys.stderr)
        return 1
    documents = sum(len(r.documents) for r in renderings)
    print(f"kubernetes: {len(renderings)} renderings, {documents} documents valid for {' '.join(versions)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
