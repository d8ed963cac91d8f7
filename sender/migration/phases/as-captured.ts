import type { Configurations } from '../../../shared/model/configurations.ts';
import { Problem } from '../../../shared/problem.ts';
import { withoutRefs } from '../../model/skip.ts';
import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/** The attributes of a server that its owner may change between the capture and the stop. */
const ofServer = ['name', 'description', 'flavor_id', 'image_id', 'volumes', 'metadata', 'tags'] as const;

/** The sizes of a flavor: a resize may keep its name. */
const ofFlavor = ['vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'extra_specs'] as const;

/** The attributes of a port or a floating IP that are ours, not the tenant's. */
const notCompared: ReadonlySet<string> = new Set(['needs']);

/**
 * Captures the stopped server again and compares it with the document, because changes made since
 * would be lost. Throws E_SERVER_STATE with the differences.
 */
export async function mustBeAsCaptured({ server }: Move, { source, document, skip, signal }: Tools): Promise<void> {
  const selection = { project: document.source.project_id, servers: [server.id] };
  const captured = await source.inventory(selection, signal);
  const { document: now } = withoutRefs(captured.document, skip);
  const changes = changesOf(server.id, document, now);
  if (changes.length === 0) return;
  const says = `Server ${server.name} was changed at the source since it was captured: ${changes.join('; ')}.`;
  throw new Problem('E_SERVER_STATE', says, {
    about: `server/${server.id}`,
    hint: 'Undo the change, then `sender resume`. Or end this campaign, and plan the server anew as it is.',
  });
}

/**
 * The differences of a server, its flavor, ports and floating IPs between two captures, as text.
 */
function changesOf(id: string, before: Configurations, now: Configurations): string[] {
  const was = before.servers.find((server) => server.id === id);
  const is = now.servers.find((server) => server.id === id);
  if (was === undefined || is === undefined) return [];
  const flavorWas = before.flavors.find((flavor) => flavor.id === was.flavor_id);
  const flavorIs = now.flavors.find((flavor) => flavor.id === is.flavor_id);
  const portsWas = portsOf(was.ports, before);
  const portsIs = portsOf(is.ports, now);
  // A document without any floating IP may be meant for a destination that has none.
  const isCarried = before.floating_ips.length > 0;
  return [
    ...differing('', was, is, ofServer),
    // A document for a destination without flavors has none.
    ...(flavorWas === undefined || flavorIs === undefined ? [] : differing('flavor: ', flavorWas, flavorIs, ofFlavor)),
    ...changesAmong('port', portsWas, before.security_groups.length > 0 ? portsIs : withoutGroups(portsIs)),
    ...(isCarried ? changesAmong('floating IP', floatingIpsOf(was.ports, before), floatingIpsOf(is.ports, now)) : []),
  ];
}

type Thing = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };

function portsOf(ids: readonly string[], { ports }: Configurations): Thing[] {
  return ports.filter(({ id }) => ids.includes(id));
}

/** The ports as a document for a destination without security groups has them. */
function withoutGroups(ports: readonly Thing[]): Thing[] {
  return ports.map((port) => ({ ...port, security_groups: [] }));
}

function floatingIpsOf(ports: readonly string[], { floating_ips }: Configurations): Thing[] {
  return floating_ips.filter(({ port_id }) => port_id !== null && ports.includes(port_id));
}

function changesAmong(what: string, was: readonly Thing[], is: readonly Thing[]): string[] {
  const named = ({ id, name }: Thing): string => `${what} ${name === '' ? id : name}`;
  const other = (things: readonly Thing[], { id }: Thing): Thing | undefined => things.find((thing) => thing.id === id);
  return [
    ...was.filter((thing) => other(is, thing) === undefined).map((thing) => `${named(thing)} is gone`),
    ...is.filter((thing) => other(was, thing) === undefined).map((thing) => `${named(thing)} is new`),
    ...was.flatMap((thing) => {
      const now = other(is, thing);
      const names = Object.keys(thing).filter((name) => !notCompared.has(name));
      return now === undefined ? [] : differing(`${named(thing)}: `, thing, now, names);
    }),
  ];
}

function differing<T extends object>(of: string, was: T, is: T, names: readonly (keyof T & string)[]): string[] {
  return names.flatMap((name) => {
    const before = canonical(was[name]);
    const after = canonical(is[name]);
    return before === after ? [] : [`${of}${name} ${after} instead of ${before}`];
  });
}

/** A value as text that does not depend on the order in which a cloud lists its parts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
  return `{${entries.map(([name, one]) => `${name}: ${canonical(one)}`).join(', ')}}`;
}
