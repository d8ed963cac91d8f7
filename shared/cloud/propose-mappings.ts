import { contains } from '../ip.ts';
import type { Configurations } from '../model/configurations.ts';
import { leadsAtOnce } from '../model/floating-server.ts';
import type { Mappings } from '../model/mappings.ts';
import type { ResourceOf } from '../model/resource.ts';
import type { CloudFacts } from './facts.ts';

/**
 * Proposes the replacement at the destination for each source resource that cannot be rebuilt.
 */
export function proposeMappings(document: Configurations, facts: CloudFacts): Mappings {
  const flavors = document.flavors.flatMap((flavor) => entry(flavor.id, { name: flavor.name, to: flavorFor(flavor, facts) }));
  const networks = document.networks.flatMap((network) =>
    entry(network.id, { name: network.name, to: networkFor(network, document, facts) }),
  );
  const types = new Map(
    document.volumes.flatMap((volume) => (volume.volume_type === null ? [] : [[volume.volume_type, volume]])),
  );
  const typed = [...types].flatMap(([name, { type_specs }]) => entry(name, { to: volumeTypeFor(name, type_specs, facts) }));
  const isShared = facts.admin && document.rbac_policies.some(({ target_project }) => target_project === '*');
  return {
    ...(isShared ? { projects: { '*': { to: '*' } } } : {}),
    ...(typed.length === 0 ? {} : { volume_types: Object.fromEntries(typed) }),
    flavors: Object.fromEntries(flavors),
    networks: Object.fromEntries(networks),
    gateways: Object.fromEntries(document.gateways.map(({ router_id, name }) => [router_id, { name, ip: 'auto' }])),
    floating_ips: Object.fromEntries(
      document.floating_ips.map((floating) => {
        const { id, floating_ip_address: address } = floating;
        return [id, { address, to: leadsAtOnce(floating, document) ? 'auto' : floatingFor(address, facts) }];
      }),
    ),
  };
}

function entry<T extends { to: string | null }>(id: string, value: T): [string, T & { to: string }][] {
  return value.to === null ? [] : [[id, { ...value, to: value.to }]];
}

type FlavorSize = Pick<CloudFacts['flavors'][number], 'vcpus' | 'ram' | 'disk' | 'ephemeral' | 'swap'>;

function sameSize(a: FlavorSize, b: FlavorSize): boolean {
  return a.vcpus === b.vcpus && a.ram === b.ram && a.disk === b.disk && a.ephemeral === b.ephemeral && a.swap === b.swap;
}

function sameSpecs(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

/**
 * The flavor of the same size, preferably with the same extra specs, then name; else `create` if
 * allowed. Preflight reports differences, and blocks if the guest would lose hardware.
 */
function flavorFor(
  flavor: ResourceOf<'flavor'> | Configurations['flavors'][number],
  { flavors, admin }: CloudFacts,
): string | null {
  const equal = flavors.filter((candidate) => sameSize(candidate, flavor));
  const alike = equal.filter((candidate) => sameSpecs(candidate.extra_specs, flavor.extra_specs));
  const named = ({ name }: { readonly name: string }): boolean => name === flavor.name;
  const best = alike.find(named) ?? alike[0] ?? equal.find(named) ?? equal[0];
  return best?.name ?? (admin ? 'create' : null);
}

/**
 * The type with the same extra specs, where both are seen, preferably of the same name; else the
 * one of the same name.
 */
function volumeTypeFor(name: string, specs: Readonly<Record<string, string>>, { volume_types }: CloudFacts): string | null {
  const named = volume_types.find((type) => type.name === name);
  const alike = Object.keys(specs).length === 0 ? [] : volume_types.filter((type) => sameSpecs(type.extra_specs, specs));
  return (alike.find((type) => type === named) ?? alike[0] ?? named)?.name ?? null;
}

/** External and foreign networks are mapped, the project's own are created. */
function networkFor(network: Configurations['networks'][number], document: Configurations, facts: CloudFacts): string | null {
  if (!network.external && !(network.shared && !document.subnets.some((subnet) => subnet.network_id === network.id)))
    return 'create';
  const alike = facts.networks.filter((candidate) => candidate.external === network.external);
  const best = alike.find(({ name }) => name === network.name) ?? (alike.length === 1 ? alike[0] : undefined);
  if (best === undefined) return null;
  // People read the name; it must mean this network alone, for the destination looks it up.
  const isUnique = facts.networks.every((one) => one === best || (one.name !== best.name && one.id !== best.name));
  return isUnique && best.name !== '' && best.name !== 'create' ? best.name : best.id;
}

/**
 * The same address where the destination has it and we may choose it; another one from the pool
 * otherwise.
 */
function floatingFor(address: string, { networks, admin }: CloudFacts): string {
  const there = networks.some(({ external, subnets }) => external && subnets.some(({ cidr }) => contains(cidr, address)));
  return there && admin ? 'same' : 'auto';
}
