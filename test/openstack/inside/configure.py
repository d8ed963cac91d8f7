"""usage: configure.py <ip> <region> <token life in s> <password> <true when volumes are qcow2 files> <network> <neutron workers> [tree...]
Renders root/ (configuration with @NAME@ placeholders) and what a release lays over it onto the node's file system, and makes the folders the
services expect."""

import os
import pathlib
import re
import sys

ip, region, token_life, password, qcow_volumes, network, workers, *trees = sys.argv[1:]
here = pathlib.Path(__file__).parent
templates = [here / "root", *(here.parent.parent / "releases" / "root" / tree for tree in trees)]

# each way to plug a server in: its drivers of ML2, the tunnels of tenants, the driver of interfaces, the plugin for routers
NETWORKS = {
    "linuxbridge": ("linuxbridge,l2population", "vxlan", "linuxbridge", "router"),
    "openvswitch": ("openvswitch", "vxlan", "openvswitch", "router"),
    "ovn": ("ovn", "geneve", "openvswitch", "ovn-router"),
}
mechanism, tunnel, interface, routing = NETWORKS[network]

AUTH = """auth_url=http://{ip}:5000/
www_authenticate_uri=http://{ip}:5000/
auth_type=password
project_domain_id=default
user_domain_id=default
project_name=service
region_name={region}
username={name}
password={password}"""


def value(match):
    kind, _, name = match[1].partition(":")
    known = {
        **{"IP": ip, "REGION": region, "TOKEN_LIFE": token_life, "PASSWORD": password, "QCOW_VOLUMES": qcow_volumes},
        **{"MECHANISM": mechanism, "TUNNEL": tunnel, "INTERFACE": interface, "ROUTING": routing, "WORKERS": workers},
    }
    if kind == "DATABASE":
        return f"mysql+pymysql://lab:lab@localhost/{name}?unix_socket=/run/mysqld/mysqld.sock"
    if kind == "AUTH":
        return AUTH.format(ip=ip, region=region, name=name, password=password)
    return known[kind]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


for template, source in ((t, p) for t in templates for p in t.rglob("*") if p.is_file()):
    target = pathlib.Path("/") / source.relative_to(template)
    write(target, re.sub(r"@([A-Z_]+(?::\w+)?)@", value, source.read_text()))
    target.chmod(source.stat().st_mode & 0o777)

# nova-compute must not see the databases: it logs an error when it does, as it is not meant to know them
nova = pathlib.Path("/etc/nova/nova.conf").read_text()
sections = re.split(r"(?m)^(?=\[)", nova)
write(pathlib.Path("/etc/nova/compute.conf"), "".join(s for s in sections if not re.match(r"\[(api_)?database\]", s)))

FOLDERS = {
    "glance": ("images", "staging", "tasks", "lock"),
    "nova": ("tmp", "instances"),
    "neutron": ("lock",),
    "cinder": ("tmp", "mnt", "export"),
}
for service, folders in FOLDERS.items():
    for folder in folders:
        os.makedirs(f"/var/lib/{service}/{folder}", exist_ok=True)
