import { cpus, totalmem } from 'node:os';
import { hostName } from '../neutron/dhcp.ts';
import { requireAdmin } from '../policy.ts';
import { notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { minimumMinor } from './microversion.ts';

const hypervisorId = 'b1e43b5f-eec1-44e0-9f10-7b4945c0226d';

/**
 * What the one host has and what servers take of it; until 2.87 Nova shows it with the hypervisor.
 */
function statistics(call: Call): Record<string, number> {
  const servers = [...call.cloud.state.servers.values()].filter((server) => server.host !== null);
  const sum = (of: (server: (typeof servers)[number]) => number): number =>
    servers.reduce((total, server) => total + of(server), 0);
  const memory = Math.floor(totalmem() / 2 ** 20);
  const ram = sum((server) => server.flavor.ramMiB);
  const disk = sum((server) => server.flavor.diskGiB);
  const vcpus = sum((server) => server.flavor.vcpus);
  return {
    vcpus: cpus().length,
    vcpus_used: vcpus,
    memory_mb: memory,
    memory_mb_used: 512 + ram,
    free_ram_mb: memory - 512 - ram,
    local_gb: 1000,
    local_gb_used: disk,
    free_disk_gb: 1000 - disk,
    disk_available_least: 1000 - disk,
    running_vms: servers.filter((server) => server.vmState === 'active').length,
    current_workload: 0,
  };
}

function hypervisor(call: Call, detail: boolean): Record<string, unknown> {
  const brief = { id: call.minor >= 53 ? hypervisorId : 1, hypervisor_hostname: hostName, state: 'up', status: 'enabled' };
  if (!detail) return brief;
  const service = { id: call.minor >= 53 ? hypervisorId : 1, host: hostName, disabled_reason: null };
  const full = { ...brief, host_ip: '127.0.0.1', hypervisor_type: 'QEMU', hypervisor_version: 7002000, service };
  return call.minor >= 88 ? { ...full, uptime: null, servers: [] } : { ...full, cpu_info: '', ...statistics(call) };
}

function hypervisors(call: Call, detail: boolean): Answer {
  requireAdmin(call.caller, `os_compute_api:os-hypervisors:list${detail ? '-detail' : ''}`);
  return { status: 200, body: { hypervisors: [hypervisor(call, detail)] } };
}

function hypervisorStatistics(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-hypervisors:statistics');
  if (call.minor >= 88) throw notFound('The resource could not be found.');
  return { status: 200, body: { hypervisor_statistics: { count: 1, ...statistics(call) } } };
}

function services(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-services:list');
  const list = ['nova-conductor', 'nova-scheduler', 'nova-compute'].map((binary, index) => {
    const place = { binary, host: hostName, zone: binary === 'nova-compute' ? 'nova' : 'internal' };
    return {
      id: call.minor >= 53 ? hypervisorId.replace(/.$/, String(index)) : index + 1,
      ...place,
      status: 'enabled',
      state: 'up',
      disabled_reason: null,
    };
  });
  return { status: 200, body: { services: list } };
}

function zones(call: Call, detail: boolean): Answer {
  if (detail) requireAdmin(call.caller, 'os_compute_api:os-availability-zone:detail');
  const hosts = detail ? { [hostName]: { 'nova-compute': { active: true, available: true } } } : null;
  return { status: 200, body: { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts }] } };
}

function versionView(call: Call): Record<string, unknown> {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: `2.${call.cloud.settings.novaMinor}`,
    min_version: `2.${minimumMinor}`,
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${call.cloud.url('compute')}/v2.1/` }],
  };
}

function versions(call: Call): Answer {
  const old = {
    id: 'v2.0',
    status: 'SUPPORTED',
    version: '',
    min_version: '',
    updated: '2011-01-21T11:33:21Z',
    links: [{ rel: 'self', href: `${call.cloud.url('compute')}/v2/` }],
  };
  return { status: 200, body: { versions: [old, versionView(call)] } };
}

/**
 * The version document. Without its slash Nova answers 302 (nova/api/openstack/compute/routes.py,
 * ROUTE_LIST).
 */
function version(call: Call): Answer {
  if (!call.path.endsWith('/')) return { status: 302, headers: { location: `${call.cloud.url('compute')}/v2.1/` } };
  const media = [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }];
  return { status: 200, body: { version: { ...versionView(call), 'media-types': media } } };
}

/** Hosts, zones and version discovery of Nova. */
export const hostRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/os-hypervisors', (call) => hypervisors(call, false)),
  route('compute', 'GET', '/v2.1/os-hypervisors/detail', (call) => hypervisors(call, true)),
  route('compute', 'GET', '/v2.1/os-hypervisors/statistics', hypervisorStatistics),
  route('compute', 'GET', '/v2.1/os-services', services),
  route('compute', 'GET', '/v2.1/os-availability-zone', (call) => zones(call, false)),
  route('compute', 'GET', '/v2.1/os-availability-zone/detail', (call) => zones(call, true)),
  route('compute', 'GET', '/', versions, { open: true }),
  route('compute', 'GET', '/v2.1', version, { open: true }),
];
