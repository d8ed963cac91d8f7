import { firstFew } from '../../shared/first-few.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { countOf } from '../../shared/model/kind-words.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import { loneVolumesOf } from '../../shared/model/lone-volumes.ts';
import { moveStates } from '../campaign/campaign-states.ts';
import type { CampaignStatus, MoveStatus } from '../campaign/campaign-status.ts';
import { namedServers } from '../campaign/named-servers.ts';
import { shortId, toldApart } from '../report/server-names.ts';

/** How many servers are named before the rest becomes a number. */
const mostNames = 10;

/** What `sender commit` does to a campaign, with names and numbers, for its question. */
export function commitEffects(campaign: CampaignStatus, deleteSource: boolean, keep: readonly string[]): string[] {
  const kept = idsOf(campaign, keep);
  const all = toldApart(campaign.moves).filter(({ state }) => moveStates[state].hasMoved);
  const moved = all.filter(({ kind }) => kind === undefined);
  const volumes = all.filter(({ kind, server }) => kind === 'volume' && !kept.has(server));
  const images = all.filter(({ kind, server }) => kind === 'image' && !kept.has(server));
  const volumeFate = deleteSource ? 'DELETED at the source' : 'marked as moved at the source, and otherwise as before';
  const retired = moved.filter(({ server }) => !kept.has(server));
  const left = moved.filter(({ server }) => kept.has(server));
  const fate = deleteSource
    ? { one: 'DELETED at the source, with its disks', many: 'DELETED at the source, with their disks' }
    : { one: 'stays stopped at the source, and is locked', many: 'stay stopped at the source, and are locked' };
  return [
    `Commit campaign ${shortId(campaign.id)} of project ${campaign.project}:`,
    `  ${serversText(retired)}: ${retired.length === 1 ? fate.one : fate.many}.`,
    ...(left.length > 0 ? [`  ${serversText(left)}: left at the source as it is.`] : []),
    ...(volumes.length > 0 ? [`  ${serversText(volumes)}: ${volumeFate}.`] : []),
    ...(images.length > 0 ? [`  ${serversText(images)}: marked as moved at the source, and never deleted there.`] : []),
    '  The snapshots of this campaign are deleted. `sender rollback` does not work afterwards.',
  ];
}

/** What `sender rollback` does to a campaign, with names and numbers, for its question. */
export function rollbackEffects(campaign: CampaignStatus, keep: readonly string[], giveUp: readonly string[]): string[] {
  const kept = idsOf(campaign, keep);
  const given = idsOf(campaign, giveUp);
  const moves = toldApart(campaign.moves);
  const back = moves.filter(({ server, state }) => !kept.has(server) && state !== 'waiting' && state !== 'rolled back');
  const arrived = back.filter(({ state }) => state === 'moved');
  const lost = moves.filter(({ server }) => given.has(server));
  const staying = moves.filter(({ server }) => kept.has(server));
  return [
    `Roll back campaign ${shortId(campaign.id)} of project ${campaign.project}:`,
    ...(arrived.length > 0
      ? [`  ${serversText(arrived)}: removed at the destination; what was written there since the move is LOST.`]
      : []),
    `  ${serversText(back)}: back at the source, and started there if running before.`,
    ...(lost.length > 0 ? [`  ${serversText(lost)}: removed even if the source server cannot run again.`] : []),
    staying.length > 0
      ? `  ${serversText(staying)}: left at the destination for good, with the network side.`
      : `  Of the ${campaign.toBuild} resources of the network side, those that this campaign created are removed.`,
  ];
}

/** What `sender export` does to the servers of a document, with names and numbers. */
export function exportEffects({ source, servers, volumes, disks }: Configurations): string[] {
  const alone = loneVolumesOf({ volumes, disks }).map(({ id, name }) => name || id);
  const labels = labelsOf(servers);
  const names = servers.map(({ id }) => labels.get(id) ?? id);
  return [
    `Export project ${source.project_name}:`,
    `  ${namesText(names)}: stopped now, and until \`sender commit\` or \`sender rollback\`.`,
    ...(alone.length === 0 ? [] : [`  ${volumesText(alone)}: as before; nothing may use them until then.`]),
    '  Their disks are frozen as snapshots at the source.',
  ];
}

function idsOf(campaign: CampaignStatus, wanted: readonly string[]): ReadonlySet<string> {
  return new Set(namedServers(campaign, wanted).map(({ server }) => server));
}

function serversText(moves: readonly MoveStatus[]): string {
  const named = (wanted: MoveStatus['kind']): string[] => moves.filter(({ kind }) => kind === wanted).map(({ name }) => name);
  const servers = named(undefined);
  const volumes = named('volume');
  const images = named('image');
  const others = [
    ...(volumes.length === 0 ? [] : [volumesText(volumes)]),
    ...(images.length === 0 ? [] : [`${countOf('image', images.length)} (${firstFew(images, mostNames)})`]),
  ];
  return [...(servers.length === 0 && others.length > 0 ? [] : [namesText(servers)]), ...others].join(' and ');
}

/** `2 volumes without a server (archive, scratch)`. */
function volumesText(names: readonly string[]): string {
  return `${countOf('volume', names.length)} without a server (${firstFew(names, mostNames)})`;
}

/** `3 servers (db, web-1, web-2)`; of very many, only the first are named. */
function namesText(names: readonly string[]): string {
  if (names.length === 0) return 'No servers';
  return `${countOf('server', names.length)} (${firstFew(names, mostNames)})`;
}
