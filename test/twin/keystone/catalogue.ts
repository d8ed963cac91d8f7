import type { Cloud } from '../cloud.ts';
import { newHexId } from '../identifier.ts';
import { type ServiceName, shelfTypes } from '../service.ts';
import { domain } from './seed.ts';

const services: readonly { service: ServiceName; type: string; name: string; path: string }[] = [
  { service: 'identity', type: 'identity', name: 'keystone', path: '' },
  { service: 'image', type: 'image', name: 'glance', path: '' },
  { service: 'network', type: 'network', name: 'neutron', path: '' },
  { service: 'compute', type: 'compute', name: 'nova', path: '/v2.1' },
  { service: 'volume', type: 'volumev3', name: 'cinderv3', path: '/v3/' },
  { service: 'dns', type: 'dns', name: 'designate', path: '' },
];

/** Ids of services and endpoints, the same in every token of one twin. */
const ids = new Map<string, string>();
function idFor(key: string): string {
  const known = ids.get(key) ?? newHexId();
  ids.set(key, known);
  return known;
}

/** One service with its endpoints, as the catalogue of a token lists it. */
interface CatalogueEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly Record<string, string>[];
}

/**
 * The catalogue for a project (Identity API v3, "Token"): like a packaged install, image and
 * network without a version.
 */
export function catalogueFor(cloud: Cloud, projectId: string): CatalogueEntry[] {
  const { region, withoutServices, otherRegions, elsewhere, furtherServices, designate } = cloud.settings;
  const others = [...shelfTypes.filter((type) => elsewhere[type] !== undefined), ...furtherServices].map((type) => ({
    service: 'elsewhere' as const,
    type,
    name: type,
    path: `/${type}`,
  }));
  return [...services, ...others]
    .filter(({ service }) => !withoutServices.includes(service) && (designate || service !== 'dns'))
    .map(({ service, type, name, path }) => ({
      id: idFor(`${region} ${type}`),
      type,
      name,
      endpoints: [region, ...otherRegions].flatMap((name) =>
        ['public', 'internal', 'admin'].map((kind) => ({
          id: idFor(`${name} ${type} ${kind}`),
          interface: kind,
          region: name,
          region_id: name,
          url: `${name === region ? cloud.url(service) : `http://${name.toLowerCase()}.invalid/${service}`}${path}${service === 'volume' ? projectId : ''}`,
        })),
      ),
    }));
}

/** A reference to a named thing of the only domain. */
export const inDomain = (thing: { readonly id: string; readonly name: string }) => ({ id: thing.id, name: thing.name, domain });
