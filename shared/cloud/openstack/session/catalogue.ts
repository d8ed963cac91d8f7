import { Problem } from '../../../problem.ts';
import type { Access } from './access.ts';
import type { Token } from './token.ts';

/** The services that are looked for in catalogues. */
export const cataloguedServices = ['compute', 'network', 'image', 'volume'] as const;

/** The services that we call; not every cloud has DNS. */
export type ApiService = 'identity' | (typeof cataloguedServices)[number] | 'dns';

/** A service as catalogues list it. */
export interface ListedService {
  /** Its types (the service types authority of OpenStack). */
  readonly types: readonly string[];
  /**
   * The version that is added to an endpoint that names none; the catalogue of many clouds lists
   * Neutron and Glance so.
   */
  readonly version: string;
  /**
   * Its types in catalogues that were written for former versions of its API, which are used where
   * there are no others.
   */
  readonly formerTypes?: readonly string[];
  /**
   * Former versions whose place the version takes in an address: each service that we can speak to
   * answers beside them.
   */
  readonly former?: RegExp;
}

const services: Readonly<Record<ApiService, ListedService>> = {
  identity: { types: ['identity'], version: 'v3' },
  // Nova has had v2.1 beside v2 since Kilo, and only v2.1 has microversions.
  compute: { types: ['compute'], version: 'v2.1', former: /^v2$/ },
  network: { types: ['network'], version: 'v2.0' },
  image: { types: ['image'], version: 'v2' },
  // Cinder has had v3 beside v2 since Mitaka, and its catalogues often name only the older ones.
  volume: {
    types: ['block-storage', 'volumev3', 'block-store'],
    version: 'v3',
    formerTypes: ['volumev2', 'volume'],
    former: /^v[12]$/,
  },
  dns: { types: ['dns'], version: 'v2' },
};

type Catalogue = Token['catalogue'];
type CatalogueEndpoint = Catalogue[number]['endpoints'][number];

/**
 * The address of a service with its version and no trailing slash; E_ENDPOINT_MISSING where the
 * catalogue has none for the region and interface.
 */
export function endpointOf(access: Access, token: Token, service: ApiService): string {
  const given = access.endpoints[service] ?? (service === 'identity' ? access.authUrl : undefined);
  const listed = services[service];
  const url = given === undefined ? listedAt(access, token.catalogue, listed, service) : versioned(given, listed);
  // Before 3.67 Cinder's paths begin with the project (Block Storage API v3, "API versions").
  return service === 'volume' && /\/v3$/.test(url) ? `${url}/${token.projectId}` : url;
}

/**
 * The address that a catalogue has of a service that people call `name`, as `endpointOf` does it.
 */
export function listedAt(access: Access, catalogue: Catalogue, service: ListedService, name: string): string {
  const found = endpointsHere(access, catalogue, service).find((endpoint) => endpoint.interface === access.interface);
  if (found !== undefined) return versioned(found.url, service);
  const all = endpointsOf(catalogue, service);
  const has = all.map((endpoint) => `${endpoint.interface} in ${endpoint.region_id ?? endpoint.region ?? 'no region'}`);
  const where = access.region === null ? '' : ` in region ${access.region}`;
  throw new Problem(
    'E_ENDPOINT_MISSING',
    `The catalogue has no ${access.interface} endpoint of the ${name} service${where}; it has ${has.join(', ') || 'none at all'}.`,
  );
}

function versioned(url: string, { version, former }: ListedService): string {
  const trimmed = url.replace(/\/+$/, '');
  const [, before = '', named = '', behind = ''] = /^(.*\/)(v\d+(?:\.\d+)?)(\/[^/]+)?$/.exec(trimmed) ?? [];
  if (named === '') return `${trimmed}/${version}`;
  return former?.test(named) === true ? `${before}${version}${behind}` : trimmed;
}

/**
 * Whether the catalogue has an address of a service in the region, or the configuration has one.
 */
export function isOffered(access: Access, token: Token, service: ApiService): boolean {
  return access.endpoints[service] !== undefined || isListed(access, token.catalogue, services[service]);
}

/** Whether a catalogue has a service in the region; another region's is another cloud's. */
export function isListed(access: Access, catalogue: Catalogue, service: ListedService): boolean {
  return endpointsHere(access, catalogue, service).length > 0;
}

function endpointsHere(access: Access, catalogue: Catalogue, service: ListedService): readonly CatalogueEndpoint[] {
  const all = endpointsOf(catalogue, service);
  return all.filter((endpoint) => access.region === null || (endpoint.region_id ?? endpoint.region) === access.region);
}

function endpointsOf(catalogue: Catalogue, { types, formerTypes = [] }: ListedService): readonly CatalogueEndpoint[] {
  const listed = (some: readonly string[]): CatalogueEndpoint[] =>
    catalogue.filter(({ type }) => some.includes(type)).flatMap(({ endpoints }) => endpoints);
  const found = listed(types);
  return found.length > 0 ? found : formerTypes.flatMap((type) => listed([type]));
}

/**
 * Throws E_CONFIG where no region is chosen and the catalogue has several: compute of one and
 * network of another would be captured as one cloud.
 */
export function mustBeOneRegion(access: Access, catalogue: Catalogue): void {
  if (access.region !== null) return;
  const wanted = cataloguedServices.filter((service) => access.endpoints[service] === undefined);
  const all = wanted.flatMap((service) => endpointsOf(catalogue, services[service]));
  const offered = all.filter((endpoint) => endpoint.interface === access.interface);
  const regions = [...new Set(offered.map((endpoint) => endpoint.region_id ?? endpoint.region ?? 'no name'))].sort();
  if (regions.length < 2) return;
  throw new Problem('E_CONFIG', `${access.origin}: the cloud has several regions (${regions.join(', ')}), and none is chosen.`, {
    hint: 'Set `region_name`, in clouds.yaml or beside `cloud`; each region is a cloud of its own for a migration.',
  });
}
