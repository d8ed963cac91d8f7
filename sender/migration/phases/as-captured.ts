import type { Recaptured } from '../../../shared/cloud/source-cloud.ts';
import { acceptsPart } from '../../../shared/model/accepted.ts';
import { holdersOf } from '../../../shared/model/atomic-groups.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { trunksOn, withSubports } from '../../../shared/model/plugged.ts';
import { freedOfPolicy } from '../../../shared/model/qos-user.ts';
import { type Kind, type Ref, refOf } from '../../../shared/model/resource.ts';
import { Problem } from '../../../shared/problem.ts';
import { differing } from '../../model/differing.ts';
import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/** The attributes of a server that its owner may change between the capture and the creation. */
const ofServer = ['name', 'description', 'image_id', 'volumes', 'metadata', 'tags'] as const;

/** The attributes of a flavor: a resize may keep its name. */
const ofFlavor = ['name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap'] as const;

/** The attributes of a volume that its owner may change, also in use. */
export const ofVolume = [
  'name',
  'description',
  'size',
  'bootable',
  'volume_type',
  'metadata',
  'image_metadata',
  'read_only',
] as const;

/** The attributes of a port, a trunk or an address that are ours, not the tenant's. */
const notCompared: ReadonlySet<string> = new Set(['kind', 'needs']);

/**
 * Reads the server again and compares it with the document, because changes made since would be
 * lost. Throws E_SERVER_STATE with the differences.
 */
export async function mustBeAsCaptured(
  { server }: Pick<Move, 'server'>,
  { source, document, leftOut }: Pick<Tools, 'source' | 'document' | 'leftOut'>,
  signal: AbortSignal,
): Promise<void> {
  const changes = changesOf(document, withoutLeftOut(await source.recapture(server.id, signal), leftOut));
  if (changes.length === 0) return;
  const says = `Server ${server.name} was changed at the source since it was captured: ${changes.join('; ')}.`;
  throw new Problem('E_SERVER_STATE', says, {
    about: `server/${server.id}`,
    hint: 'Undo the change, then `sender resume`. Or end this campaign, and plan the server anew as it is.',
  });
}

/** What was read without what was left out of the document. */
function withoutLeftOut(now: Recaptured, leftOut: readonly Ref[]): Recaptured {
  if (leftOut.length === 0) return now;
  const isKept = (kind: Kind, id: string): boolean => !leftOut.includes(refOf(kind, id));
  const hasPolicy = (policy: Ref): boolean => !leftOut.includes(policy);
  const ports = now.ports.map((port) => ({
    ...freedOfPolicy(port, hasPolicy),
    security_groups: port.security_groups.filter((id) => isKept('security_group', id)),
  }));
  return {
    ...now,
    ports: ports.filter(({ id }) => isKept('port', id)),
    trunks: now.trunks.filter(({ id }) => isKept('trunk', id)),
    floatingIps: now.floatingIps.filter(({ id }) => isKept('floating_ip', id)).map((ip) => freedOfPolicy(ip, hasPolicy)),
    forwardings: now.forwardings.filter(
      ({ id, floating_ip_id }) => isKept('port_forwarding', id) && isKept('floating_ip', floating_ip_id),
    ),
  };
}

/**
 * How a server, its flavor, ports, trunks, addresses and volumes differ from the document, as text.
 */
function changesOf(before: Configurations, now: Recaptured): string[] {
  const was = before.servers.find((server) => server.id === now.server.id);
  if (was === undefined) return [];
  const flavorWas = before.flavors.find((flavor) => flavor.id === was.flavor_id);
  const plugged = withSubports(was.ports, before);
  const portsWas = before.ports.filter(({ id }) => plugged.includes(id));
  const about = refOf('server', was.id);
  const unseen = now.unseen.filter(({ mac }) => !acceptsPart(before.mappings, 'server.port_unseen', about, mac));
  const floatingWas = before.floating_ips.filter(({ port_id }) => port_id !== null && plugged.includes(port_id));
  const forwardingsWas = before.port_forwardings.filter(({ internal_port_id }) => plugged.includes(internal_port_id));
  return [
    ...differing('', was, now.server, ofServer),
    // A document for a destination without flavors has none.
    ...(flavorWas === undefined ? [] : differing('flavor: ', flavorWas, now.flavor, specsOf(now))),
    ...unseen.map(({ says }) => `the interface ${says} is new, and its port cannot be read`),
    ...changesAmong('port', portsWas, now.ports),
    ...changesAmong('trunk', trunksOn(was.ports, before), now.trunks),
    ...changesAmong('floating IP', floatingWas, now.floatingIps),
    ...changesAmong('port forwarding', forwardingsWas, now.forwardings),
    ...was.volumes.flatMap(({ volume_id }) => changesOfVolume(volume_id, before, now)),
    ...now.holders.flatMap(({ volume, servers }) => newHolders(volume, servers, before)),
  ];
}

/** The differences of one volume; one that left the server is a difference of the server. */
function changesOfVolume(id: string, before: Configurations, now: Recaptured): string[] {
  const was = before.volumes.find((volume) => volume.id === id);
  if (was === undefined || !now.server.volumes.some(({ volume_id }) => volume_id === id)) return [];
  const called = `volume ${was.name === '' ? id : was.name}`;
  const is = now.volumes.find((volume) => volume.id === id);
  return is === undefined ? [`${called} is gone`] : differing(`${called}: `, was, is, ofVolume);
}

/**
 * The servers that have got a volume since: they may write to it, however long those of the
 * document are stopped.
 */
function newHolders(id: string, servers: readonly string[], before: Configurations): string[] {
  const known = holdersOf(before).get(id) ?? [];
  const name = before.volumes.find((volume) => volume.id === id)?.name || id;
  const added = servers.filter((server) => !known.includes(server));
  // One that this server has got itself is a difference of the server.
  if (known.length === 0 || added.length === 0) return [];
  return [`volume ${name}: it is attached to ${added.join(', ')}, too`];
}

function specsOf({ areSpecsKnown }: Recaptured): readonly string[] {
  return areSpecsKnown ? [...ofFlavor, 'extra_specs'] : ofFlavor;
}

type Thing = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };

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
