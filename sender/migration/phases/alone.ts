import type { LoneState, Snapshot, SourceCloud } from '../../../shared/cloud/source-cloud.ts';
import type { ImageMember } from '../../../shared/model/image-member.ts';
import { refOf } from '../../../shared/model/resource.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import { differing } from '../../model/differing.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { ofVolume } from './as-captured.ts';
import { release, snapshotTimeoutMs } from './freeze.ts';

/** The attributes of an image that its owner may change. */
const ofImage = ['name', 'min_disk', 'min_ram', 'visibility', 'members', 'tags', 'protected', 'os_hidden', 'properties'] as const;

/** Refuses a volume or image that is gone, in use, or was changed since its capture. */
export async function lookAlone(move: Move, tools: Tools): Promise<Learned> {
  await mustBeAsCapturedAndFree(move, tools);
  return {};
}

/**
 * Freezes a lone volume or an image. What an earlier try made is deleted where the volume may have
 * been used since; one that is used meanwhile is refused.
 */
export async function freezeAlone(move: Move, tools: Tools): Promise<Learned> {
  const { source, stops, campaign, signal } = tools;
  const { id } = move.server;
  const { generation } = await mustBeAsCapturedAndFree(move, tools);
  const seen = stops.seenAs(id);
  if (seen !== generation) {
    if (seen !== undefined) await release(move, tools);
    await stops.see(id, generation);
  }
  const snapshots: Record<string, Snapshot> = {};
  for (const disk of move.disks) {
    const stamp = { campaign, attempt: move.attempt };
    snapshots[disk.id] = await source.freeze(disk, stamp, { timeoutMs: snapshotTimeoutMs, signal });
  }
  const learned = { snapshots, generation };
  await mustBeAsFrozen({ ...move, learned }, tools, signal);
  return learned;
}

/** Throws E_SERVER_STATE where something uses a volume, or may have changed it since its freeze. */
export async function mustBeAsFrozen(move: Move, { source }: Pick<Tools, 'source'>, signal: AbortSignal): Promise<void> {
  const why = await whyAloneOutdated(source, move, signal);
  if (why === null) return;
  throw refused(move, `${why} at the source`, 'See that nothing uses or changes it there, then `sender resume`.');
}

/** What a volume or image did since its freeze, so that its copy may be outdated; null: nothing. */
export async function whyAloneOutdated(
  source: Pick<SourceCloud, 'loneState'>,
  { kind, server, learned }: Pick<Move, 'kind' | 'server' | 'learned'>,
  signal: AbortSignal,
): Promise<string | null> {
  const { isFree, word, generation } = await source.loneState(loneKind(kind), server.id, signal);
  if (!isFree) return `is ${word}`;
  return learned.generation === undefined || learned.generation === generation ? null : 'was used or changed since it was frozen';
}

/** Why a volume or image cannot be left to the source alone; null where it can. */
export async function whyAloneCannotReturn(
  { kind, server, learned }: Move,
  source: Pick<SourceCloud, 'loneState'>,
  signal: AbortSignal,
): Promise<string | null> {
  // Before its freeze nothing of it is elsewhere.
  if (learned.snapshots === undefined) return null;
  try {
    const { word } = await source.loneState(loneKind(kind), server.id, signal);
    return /error|delet|killed/.test(word) ? `is ${word} at the source` : null;
  } catch (error) {
    if (asProblem(error).code === 'E_NOT_FOUND') return 'is gone at the source';
    throw error;
  }
}

async function mustBeAsCapturedAndFree(
  move: Move,
  { source, document, signal }: Pick<Tools, 'source' | 'document' | 'signal'>,
): Promise<LoneState> {
  const { server } = move;
  const kind = loneKind(move.kind);
  const is = await source.loneState(kind, server.id, signal);
  if (!is.isFree) throw refused(move, `is ${is.word} at the source`, 'Bring it into order there, then `sender resume`.');
  const all = kind === 'volume' ? document.volumes : document.images;
  const was = all.find(({ id }) => id === server.id);
  const names = kind === 'volume' ? ofVolume : ofImage;
  const changes = was === undefined ? [] : differing('', withoutAnswers(was), withoutAnswers(is.resource), names);
  if (changes.length === 0) return is;
  const did = `was changed at the source since it was captured: ${changes.join('; ')}`;
  throw refused(move, did, `Undo the change, then \`sender resume\`. Or end this campaign, and plan the ${kind} anew as it is.`);
}

/** A resource with the members of an image alone: what they answer is no change of its owner's. */
function withoutAnswers(resource: object): object {
  if (!('members' in resource)) return resource;
  const members = resource.members as readonly ImageMember[];
  return { ...resource, members: members.map(({ project }) => project) };
}

/** What moves without a server. */
function loneKind(kind: Move['kind']): 'volume' | 'image' {
  if (kind === 'server') throw new Problem('E_BUG', 'A server does not move alone.');
  return kind;
}

function refused({ kind, server: { id, name } }: Move, why: string, hint: string): Problem {
  const called = kind === 'volume' ? 'Volume' : 'Image';
  return new Problem('E_SERVER_STATE', `${called} ${name || id} ${why}.`, { about: refOf(kind, id), hint });
}
