import { firstFew } from '../../shared/first-few.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { type Configurations, groupByKind, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { withSubports } from '../../shared/model/plugged.ts';
import { refOf } from '../../shared/model/resource.ts';
import { originOf, snapshotVolumesOf } from '../../shared/model/snapshot-volumes.ts';
import { Problem } from '../../shared/problem.ts';
import { namedVolumesOf } from './named-volumes.ts';

/** Volumes or images that the concern about those that are left out names. */
const listed = 10;

/**
 * A whole project's document without the servers that stay behind and what only they have, nor the
 * lone volumes and images (`alone`) that do. The volumes that snapshots become go with those that
 * they are of. The network side stays as it is. Throws E_NOT_FOUND.
 */
export function narrowTo(document: Configurations, wanted: readonly string[], alone: readonly string[]): Configurations {
  const servers = document.servers.filter(({ id }) => wanted.includes(id));
  const absent = wanted.find((id) => !servers.some((server) => server.id === id));
  if (absent !== undefined) throw new Problem('E_NOT_FOUND', `There is no server ${absent}.`, { about: refOf('server', absent) });
  const lone = new Set(aloneIn(document).map(({ id }) => id));
  const lost = alone.find((id) => !lone.has(id));
  if (lost !== undefined)
    throw new Problem('E_NOT_FOUND', `There is no volume without a server, and no image of the project, with the id ${lost}.`);
  const others = document.servers.filter((server) => !servers.includes(server)).flatMap((server) => server.ports);
  const left = new Set(withSubports(others, document));
  const flavors = new Set(servers.map(({ flavor_id }) => flavor_id));
  const images = new Set(servers.map(({ image_id }) => image_id));
  const keysOf = (some: readonly { readonly key_name: string | null }[]) => new Set(some.map(({ key_name }) => key_name));
  const keys = keysOf(servers);
  const usedBefore = keysOf(document.servers);
  const volumes = new Set(servers.flatMap((server) => server.volumes.map(({ volume_id }) => volume_id)).concat(alone));
  const units = new Set([...wanted, ...alone]);
  for (const one of snapshotVolumesOf(document)) {
    if (!volumes.has(originOf(one) ?? '')) continue;
    volumes.add(one.id);
    units.add(one.id);
  }
  const kept = resourcesOf({ ...document, servers, images: asReferences(document, alone) }).filter((resource) => {
    if (resource.kind === 'port') return !left.has(resource.id);
    if (resource.kind === 'trunk') return !left.has(resource.port_id);
    if (resource.kind === 'floating_ip') return resource.port_id === null || !left.has(resource.port_id);
    if (resource.kind === 'port_forwarding') return !left.has(resource.internal_port_id);
    // A volume may move with one that is left out, while another of its servers moves: a concern.
    if (resource.kind === 'disk') return units.has(resource.server_id) || volumes.has(resource.volume_id ?? '');
    if (resource.kind === 'volume') return volumes.has(resource.id);
    if (resource.kind === 'flavor') return flavors.has(resource.id);
    if (resource.kind === 'image') return images.has(resource.id) || alone.includes(resource.id);
    // A keypair that no server uses moves for its own sake.
    if (resource.kind === 'keypair') return servers.length === 0 || keys.has(resource.id) || !usedBefore.has(resource.id);
    return true;
  });
  return parseConfigurations({ ...document, ...groupByKind(kept) });
}

/** The lone volumes and the images of a document that move. */
function aloneIn(document: Configurations): readonly { readonly id: string; readonly name: string }[] {
  return [...loneVolumesOf(document), ...movedImagesOf(document)];
}

/** The images, of which those that do not move are only what servers were made from. */
function asReferences({ images }: Configurations, alone: readonly string[]): Configurations['images'] {
  return images.map((image) => (alone.includes(image.id) ? image : { ...image, disk_id: null, needs: [] }));
}

/**
 * The concerns that are not about servers or volumes that stay behind, with one each about lone
 * volumes and images of `whole` that do.
 */
export function concernsOf(all: readonly Concern[], document: Configurations, whole: Configurations): Concern[] {
  const moving = new Set<string>(document.servers.map(({ id }) => refOf('server', id)));
  const staying = new Set<string>(whole.volumes.map(({ id }) => refOf('volume', id)));
  for (const { id } of document.volumes) staying.delete(refOf('volume', id));
  const kept = new Set(aloneIn(document).map(({ id }) => id));
  const volumes = namedVolumesOf(whole).filter(({ id }) => !kept.has(id));
  const images = movedImagesOf(whole).filter(({ id }) => !kept.has(id));
  return [
    ...all.filter(({ about }) => {
      if (about === undefined) return true;
      return about.startsWith('server/') ? moving.has(about) : !staying.has(about);
    }),
    ...(volumes.length === 0 ? [] : [leftOut('volume', volumes)]),
    ...(images.length === 0 ? [] : [leftOut('image', images)]),
  ];
}

function leftOut(kind: 'volume' | 'image', left: readonly { readonly id: string; readonly name: string }[]): Concern {
  const names = firstFew(
    left.map(({ id, name }) => name || id),
    listed,
  );
  return {
    code: `${kind}.left_out`,
    severity: 'warning',
    says: `The plan leaves out ${kind === 'volume' ? 'volumes that no server has' : 'images of the project'} (${left.length}): ${names}.`,
    remedy: `Nothing, if they may stay behind; or name them in \`${kind}s\`.`,
  };
}

/**
 * What a whole project still has to move: without the servers that an earlier campaign moved, and
 * with one warning for all of them.
 */
export function leaveMoved(captured: { readonly document: Configurations; readonly concerns: readonly Concern[] }): {
  readonly document: Configurations;
  readonly concerns: readonly Concern[];
} {
  const gone = new Set<string | undefined>(
    captured.concerns.flatMap(({ code, about }) => (code === 'server.moved' ? [about] : [])),
  );
  const moved = captured.document.servers.filter(({ id }) => gone.has(refOf('server', id)));
  if (moved.length === 0) return captured;
  const staying = captured.document.servers.filter((server) => !moved.includes(server)).map(({ id }) => id);
  const alone = aloneIn(captured.document).map(({ id }) => id);
  const document = narrowTo(captured.document, staying, alone);
  const labels = labelsOf(captured.document.servers);
  const names = moved.map(({ id, name }) => labels.get(id) ?? name).join(', ');
  const warning: Concern = {
    code: 'server.moved',
    severity: 'warning',
    says: `Moved by an earlier campaign, and left out: ${names}.`,
    remedy: 'Put servers that must reach each other into one campaign: this one builds the network side again.',
  };
  return { document, concerns: [...concernsOf(captured.concerns, document, captured.document), warning] };
}
