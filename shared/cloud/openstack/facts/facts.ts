import type { CloudFacts } from '../../facts.ts';
import type { ApiKeypair, ApiNetwork, ApiSubnet } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { listFlavors } from '../builders/flavor.ts';
import { Site } from '../builders/site.ts';
import { listAll } from '../session/pages.ts';
import type { CloudSession } from '../session/session.ts';
import { isAdmin } from '../session/token.ts';
import { listTypes } from '../volumes/places.ts';
import { holdersThere } from './holders.ts';
import { readQuotas } from './quotas.ts';

/** Reads the facts that the planner needs about a destination. */
export async function readFacts(session: CloudSession, signal: AbortSignal): Promise<CloudFacts> {
  const site = new Site(session);
  const token = await session.token(signal);
  const hasVolumes = await session.has('volume', signal);
  const [flavors, networks, subnets, keypairs, quotas, types, holders] = await Promise.all([
    listFlavors(site, signal),
    site.network<ApiNetwork>('/networks', 'networks', {}, signal),
    site.network<ApiSubnet>('/subnets', 'subnets', {}, signal),
    listKeypairs(session, signal),
    readQuotas(session, signal),
    hasVolumes ? listTypes(session, signal) : [],
    holdersThere(session, token, signal),
  ]);
  return {
    provider: 'openstack',
    region: session.access.region ?? '',
    project_id: token.projectId,
    project_name: token.projectName,
    admin: isAdmin(token),
    flavors: flavors.map((flavor) => {
      const { id, name, vcpus, ram, disk, ephemeral, swap, extra_specs } = describe('flavor', flavor);
      return { id, name, vcpus, ram, disk, ephemeral, swap, extra_specs };
    }),
    networks: networks.map((network) => ({
      id: network.id,
      name: network.name,
      external: network['router:external'] ?? false,
      shared: network.shared,
      project_id: network.project_id,
      subnets: subnets
        .filter((subnet) => subnet.network_id === network.id)
        .map(({ id, name, cidr, ip_version }) => ({ id, name, cidr, ip_version })),
    })),
    keypairs: keypairs.map(({ name, fingerprint }) => ({ name, fingerprint })),
    volume_types: types.map(({ id, name, extra_specs = {} }) => ({ id, name, extra_specs })),
    users: holders.users,
    groups: holders.groups,
    quotas,
  };
}

/** Lists the keypairs of our own user, or of another as an admin; Nova wraps each one. */
export async function listKeypairs(session: CloudSession, signal: AbortSignal, user?: string): Promise<ApiKeypair[]> {
  interface Wrapped {
    readonly keypair: ApiKeypair;
  }
  const query = user === undefined ? {} : { user_id: user };
  const wrapped = await listAll<Wrapped>(session, { service: 'compute', path: '/os-keypairs', key: 'keypairs', query }, signal);
  return wrapped.map(({ keypair }) => keypair);
}
