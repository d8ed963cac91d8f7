"""usage: identity.py <ip> <region> <password>
Service users, catalogue, and the project demo with its user; may be repeated."""

import sys

import openstack

ip, region, password = sys.argv[1:4]
cloud = openstack.connect(cloud=f"{region}-admin")
identity = cloud.identity

service_project = identity.find_project("service") or identity.create_project(name="service", domain_id="default")
roles = {role.name: role for role in identity.roles()}
roles["service"] = roles.get("service") or identity.create_role(name="service")
for name in ("placement", "glance", "nova", "neutron", "cinder"):
    user = identity.find_user(name) or identity.create_user(name=name, password=password, domain_id="default")
    for role in ("admin", "service"):
        identity.assign_project_role_to_user(service_project, user, roles[role])

catalogue = {
    "placement": ("placement", f"http://{ip}:8778"),
    "image": ("glance", f"http://{ip}:9292"),
    "compute": ("nova", f"http://{ip}:8774/v2.1"),
    "network": ("neutron", f"http://{ip}:9696"),
    "volumev3": ("cinderv3", f"http://{ip}:8776/v3/%(project_id)s"),
}
services = {service.type: service for service in identity.services()}
endpoints = {(endpoint.service_id, endpoint.interface) for endpoint in identity.endpoints()}
for kind, (name, url) in catalogue.items():
    service = services.get(kind) or identity.create_service(type=kind, name=name)
    for interface in ("public", "internal", "admin"):
        if (service.id, interface) not in endpoints:
            identity.create_endpoint(service_id=service.id, interface=interface, region_id=region, url=url)

demo = identity.find_project("demo") or identity.create_project(name="demo", domain_id="default")
user = identity.find_user("demo") or identity.create_user(name="demo", password=password, domain_id="default")
identity.assign_project_role_to_user(demo, user, roles["member"])
identity.assign_project_role_to_user(demo, identity.find_user("admin"), roles["admin"])
