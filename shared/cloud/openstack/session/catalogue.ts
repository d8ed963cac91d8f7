import { Problem } from '../../../problem.ts';
import type { Access } from './access.ts';
import type { Token } from './token.ts';

/** The services that we call. */
export type ApiService = 'identity' | 'compute' | 'network' | 'image' | 'volume';

/**
 * The version that is added to an endpoint that names none; the catalogue of many clouds lists
 * Neutron and Glance so.
 */
const versions: Readonly<Record<ApiService, string>> = {
  identity: 'v3',
  compute: 'v2.1',
  network: 'v2.0',
  image: 'v2',
  volume: 'v3',
};

/** The types under which catalogues list a service (the service types authority of OpenStack). */
const typesOf: Readonly<Record<ApiService, readonly string[]>> = {
  identity: ['identity'],
  compute: ['compute'],
  network: ['network'],
  image: ['image'],
  volume: ['block-storage', 'volumev3', 'block-store'],
};

/**
 * The address of a service with its version and no trailing slash; E_ENDPOINT_MISSING where the
 * catalogue has none for the region and interface.
 */
export function endpointOf(access: Access, token: Token, service: ApiService): string {
  const url = access.endpoints[service] ?? (service === 'identity' ? access.authUrl : listed(access, token, service));
  const trimmed = url.replace(/\/+$/, '');
  const versioned = /\/v\d+(\.\d+)?(\/[^/]+)?$/.test(trimmed) ? trimmed : `${trimmed}/${versions[service]}`;
  // Before 3.67 Cinder's paths begin with the project (Block Storage API v3, "API versions").
  return service === 'volume' && /\/v3$/.test(versioned) ? `${versioned}/${token.projectId}` : versioned;
}

/** Whether the catalogue, or the configuration, has an address of a service. */
export function isOffered(access: Access, token: Token, service: ApiService): boolean {
  return access.endpoints[service] !== undefined || entriesOf(token.catalogue, service).length > 0;
}

function entriesOf(catalogue: Token['catalogue'], service: ApiService): Token['catalogue'] {
  return catalogue.filter(({ type }) => typesOf[service].includes(type));
}

/**
 * Throws E_CONFIG where no region is chosen and the catalogue has several: compute of one and
 * network of another would be captured as one cloud.
 */
export function mustBeOneRegion(access: Access, catalogue: Token['catalogue']): void {
  if (access.region !== null) return;
  const all = ['compute', 'network', 'image', 'volume'] as const;
  const wanted = all.filter((service) => access.endpoints[service] === undefined);
  const entries = wanted.flatMap((service) => entriesOf(catalogue, service));
  const offered = entries.flatMap(({ endpoints }) => endpoints).filter((endpoint) => endpoint.interface === access.interface);
  const regions = [...new Set(offered.map((endpoint) => endpoint.region_id ?? endpoint.region ?? 'no name'))].sort();
  if (regions.length < 2) return;
  throw new Problem('E_CONFIG', `${access.origin}: the cloud has several regions (${regions.join(', ')}), and none is chosen.`, {
    hint: 'Set `region_name`, in clouds.yaml or beside `cloud`; each region is a cloud of its own for a migration.',
  });
}

function listed(access: Access, token: Token, service: ApiService): string {
  const all = entriesOf(token.catalogue, service).flatMap((entry) => entry.endpoints);
  const here = all.filter((endpoint) => access.region === null || (endpoint.region_id ?? endpoint.region) === access.region);
  const found = here.find((endpoint) => endpoint.interface === access.interface);
  if (found !== undefined) return found.url;
  const has = all.map((endpoint) => `${endpoint.interface} in ${endpoint.region_id ?? endpoint.region ?? 'no region'}`);
  const where = access.region === null ? '' : ` in region ${access.region}`;
  throw new Problem(
    'E_ENDPOINT_MISSING',
    `The catalogue has no ${access.interface} endpoint of the ${service} service${where}; it has ${has.join(', ') || 'none at all'}.`,
  );
}
