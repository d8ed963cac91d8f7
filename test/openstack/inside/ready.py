"""usage: ready.py <region> <agents of the network>
Waits until every agent and service reports itself alive; says which one died, with the end of its log, when one does."""

import glob
import os
import sys
import time

import openstack

region, agents_wanted = sys.argv[1], int(sys.argv[2])
LIMIT_S, INTERVAL_S = 300, 1
COMPUTE = {"nova-conductor", "nova-scheduler", "nova-compute"}
VOLUME = {"cinder-scheduler", "cinder-volume"}


def listed(cloud, path, key):
    """A list of Cinder that this client has no call for."""
    return cloud.block_storage.get(path).json()[key]


def missing(cloud):
    """Names what is not yet alive; empty when the cloud is ready."""
    agents = {agent.agent_type for agent in cloud.network.agents() if agent.is_alive}
    compute = {service.binary for service in cloud.compute.services() if service.state == "up"}
    hypervisors = list(cloud.compute.hypervisors())
    list(cloud.image.images())
    volume = {service["binary"] for service in listed(cloud, "/os-services", "services") if service["state"] == "up"}
    # the scheduler has heard of the back end
    pools = listed(cloud, "/scheduler-stats/get_pools", "pools")
    wanted = sorted(COMPUTE - compute) + sorted(VOLUME - volume) + ([] if pools else ["pool of volumes"])
    return wanted + (["network agents"] if len(agents) < agents_wanted else []) + ([] if hypervisors else ["hypervisor"])


def refuse_the_dead():
    for path in glob.glob("/run/lab/*.pid"):
        with open(path) as pid:
            if os.path.exists(f"/proc/{pid.read().strip()}"):
                continue
        name = os.path.basename(path).removesuffix(".pid")
        with open(f"/var/log/lab/{name}.log", errors="replace") as log:
            sys.exit(f"{region}: {name} died, end of its log:\n{log.read()[-1500:]}")


end = time.monotonic() + LIMIT_S
state = None
cloud = openstack.connect(cloud=f"{region}-admin")
while time.monotonic() < end:
    refuse_the_dead()
    try:
        state = missing(cloud)
        if not state:
            sys.exit(0)
    except Exception as error:  # services answer 503, 401 or nothing while they start
        state = error
    time.sleep(INTERVAL_S)
sys.exit(f"{region}: not ready after {LIMIT_S} s: {state}")
