import type { BuildContext } from '../../shared/cloud/destination-cloud.ts';
import type { ApiThing } from '../../shared/cloud/openstack/api.ts';
import { type Attribute, isDefault } from '../../shared/cloud/openstack/attributes/attribute.ts';
import { tables } from '../../shared/cloud/openstack/attributes/tables.ts';
import type { OpenStackDestination } from '../../shared/cloud/openstack/destination.ts';
import type { OpenStackSource } from '../../shared/cloud/openstack/source.ts';
import { inBuildOrder } from '../../shared/model/build-order.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { type Configurations, resourcesOf } from '../../shared/model/configurations.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import { type Kind, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import type { Hand } from '../conformance/furnish.ts';
import { textOf } from '../twin/text.ts';

/** Both ends of a move, and the hands of users who look at both clouds. */
export interface Ends {
  readonly source: OpenStackSource;
  readonly destination: OpenStackDestination;
  readonly there: Hand;
  readonly here: Hand;
  readonly bytes: Buffer;
}

/** Where each kind is read. */
const paths: Partial<Record<Kind, readonly ['network' | 'compute', string, string]>> = {
  network: ['network', '/networks', 'network'],
  address_scope: ['network', '/address-scopes', 'address_scope'],
  subnet_pool: ['network', '/subnetpools', 'subnetpool'],
  subnet: ['network', '/subnets', 'subnet'],
  router: ['network', '/routers', 'router'],
  routes: ['network', '/routers', 'router'],
  address_group: ['network', '/address-groups', 'address_group'],
  security_group: ['network', '/security-groups', 'security_group'],
  security_group_rule: ['network', '/security-group-rules', 'security_group_rule'],
  port: ['network', '/ports', 'port'],
  server: ['compute', '/servers', 'server'],
};

/**
 * Moves a project from one cloud to the other. Returns every attribute that differs in the raw
 * answers of both clouds, or stays behind, and that nobody told.
 */
export async function lostIn(ends: Ends): Promise<string[]> {
  const signal = AbortSignal.timeout(120_000);
  const { document, concerns } = await ends.source.inventory({ servers: [], withoutImages: true }, signal);
  const resources = resourcesOf(document).filter(({ kind }) => kind !== 'image');
  const mappings = Mappings.parse({ flavors: Object.fromEntries(document.flavors.map(({ id }) => [id, { to: 'm1.tiny' }])) });
  const found = await ends.destination.preflight(resources, mappings, signal);
  const fatal = found.concerns.filter(({ severity }) => severity === 'blocking');
  if (fatal.length > 0) return fatal.map(({ code, says }) => `blocked by ${code}: ${says}`);
  const built = await buildAll(ends, resources, mappings, signal);
  const lost: string[] = [];
  for (const resource of resources) {
    const place = paths[resource.kind];
    const id = built.ids.get(refOf(resource.kind, resource.id));
    if (place === undefined || id === undefined || built.adopted.has(id)) continue;
    const [service, path, key] = place;
    const read = async (hand: Hand, one: string): Promise<ApiThing> =>
      (await hand.ask<Record<string, ApiThing>>('GET', service, `${path}/${one}`))[key] ?? {};
    const was = await read(ends.there, resource.id);
    const is = await read(ends.here, id);
    const told = [...(built.told.get(id) ?? []), ...aboutIt([...concerns, ...found.concerns], resource, was)];
    lost.push(...untold(resource, was, is, told, built.ids));
  }
  return [...lost, ...(await missing(ends.there, document, concerns))];
}

interface Outcome {
  readonly ids: Map<Ref, string>;
  readonly adopted: Set<string>;
  readonly told: Map<string, readonly string[]>;
}

async function buildAll(
  { destination, bytes }: Ends,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome: Outcome = { ids: new Map(), adopted: new Set(), told: new Map() };
  const campaign = crypto.randomUUID();
  const ours: [Ref, string][] = [];
  const disk = {
    size: bytes.length,
    read: async (offset: number, length: number) => Buffer.from(bytes.subarray(offset, offset + length)),
    close: async () => undefined,
  };
  for (const resource of inBuildOrder(resources)) {
    const context: BuildContext = {
      campaign,
      mappings,
      timeoutMs: 60_000,
      signal,
      built: (ref) => outcome.ids.get(ref) ?? '',
      resource: (ref) => resources.find(({ kind, id }) => refOf(kind, id) === ref) as Resource,
      resources: () => resources,
      disk: resource.kind === 'disk' ? disk : undefined,
    };
    const { id, how } = await destination.ensure(resource, context);
    outcome.ids.set(refOf(resource.kind, resource.id), id);
    if (how === 'adopted') outcome.adopted.add(id);
    const { fatal, told } = await destination.differences(resource, id, context);
    if (fatal.length > 0 && how !== 'adopted') throw new Error(`${resource.kind} ${resource.name}: ${fatal.join('; ')}`);
    outcome.told.set(id, told);
    if (how !== 'adopted') ours.push([refOf(resource.kind, resource.id), id]);
  }
  // As a commit leaves it: a stamp may lie in a text.
  for (const [ref, id] of ours) await destination.unstamp(ref, id, campaign, { timeoutMs: 60_000, signal });
  return outcome;
}

function aboutIt(concerns: readonly Concern[], { kind, id }: Resource, was: ApiThing): string[] {
  const name = textOf(was['name']);
  return concerns
    .filter(({ about, says }) => about === refOf(kind, id) || (name !== '' && says.includes(name)))
    .map(({ says }) => says);
}

function untold(
  resource: Resource,
  was: ApiThing,
  is: ApiThing,
  told: readonly string[],
  ids: ReadonlyMap<Ref, string>,
): string[] {
  return tables[resource.kind].flatMap((row) => {
    const { api } = row;
    if (api === null || was[api] === undefined) return [];
    const isTold = told.some((says) => says.includes(api) || (row.field !== undefined && says.includes(row.field)));
    if (isTold) return [];
    const isUnset = (value: unknown): boolean => value === null || isDefault(row, value);
    if (isUnset(was[api]) && isUnset(is[api])) return [];
    if (row.fate === 'carried' && is[api] !== undefined && plain(row, was[api], ids) !== plain(row, is[api], new Map()))
      return [`${resource.kind} ${api}: ${JSON.stringify(was[api])} became ${JSON.stringify(is[api])}`];
    const isLeft = row.fate === 'told' && row.concern === undefined && was[api] !== null && !isDefault(row, was[api]);
    return isLeft && row.harmless?.(was[api]) !== true
      ? [`${resource.kind} ${api} stays behind: ${JSON.stringify(was[api])}`]
      : [];
  });
}

/**
 * A value as text in which order, ids of the source, our own tags and Nova's owner mean nothing.
 */
function plain({ api, refers }: Attribute, value: unknown, ids: ReadonlyMap<Ref, string>): string {
  const known = (id: string): string => (refers === undefined ? id : (ids.get(refOf(refers, id)) ?? id));
  const of = (one: unknown): unknown => {
    if (typeof one === 'string') return known(one);
    if (Array.isArray(one)) return one.map(of).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(
      Object.entries(one)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([key, inner]) => [key, of(inner)]),
    );
  };
  if (api === 'tags' && Array.isArray(value))
    return JSON.stringify(of(value.filter((tag) => !String(tag).startsWith('godwit-'))));
  if (api === 'device_owner') return String(value).replace(/^compute:.*/, '');
  return JSON.stringify(of(value));
}

/** What neither the document has nor any concern names, of all that the source lists. */
async function missing(there: Hand, document: Configurations, concerns: readonly Concern[]): Promise<string[]> {
  const known = new Set(resourcesOf(document).map(({ id }) => id));
  const says = concerns.map((one) => `${one.about ?? ''} ${one.says}`).join('\n');
  const lists = {
    networks: 'networks',
    'address-scopes': 'address_scopes',
    subnetpools: 'subnetpools',
    subnets: 'subnets',
    routers: 'routers',
    'address-groups': 'address_groups',
    'security-groups': 'security_groups',
    ports: 'ports',
  };
  const lost: string[] = [];
  for (const [path, key] of Object.entries(lists)) {
    const all = (await there.ask<Record<string, ApiThing[]>>('GET', 'network', `/${path}`))[key] ?? [];
    for (const one of all) {
      const id = textOf(one['id']);
      const name = textOf(one['name']);
      const isOfCloud = textOf(one['device_owner']).startsWith('network:') || one['router:external'] === true;
      const isTold = says.includes(id) || (name !== '' && says.includes(name));
      if (!known.has(id) && !isOfCloud && !isTold && one['cidr'] !== '172.24.10.0/24')
        lost.push(`${path}/${id} ${name} was not captured`);
    }
  }
  return lost;
}
