import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { parseYaml } from '../../../shared/config.ts';
import { Problem } from '../../../shared/problem.ts';
import { Plan } from '../../model/plan.ts';
import type { NamedWave } from '../order/wave-names.ts';

/** A change of a plan: its waves, the number of servers at once, and availability zones. */
interface PlanChange {
  readonly waves: readonly NamedWave[];
  readonly parallel: number;
  readonly zones?: readonly { readonly server: string; readonly name: string; readonly availability_zone: string }[] | undefined;
}

/**
 * The text of a plan with a change. Comments and settings stay, and move with their servers. Throws
 * E_PLAN where the text cannot be rewritten.
 */
export function rewritePlan(text: string, file: string, { waves, parallel, zones = [] }: PlanChange): string {
  const before = parseYaml(text, file, Plan, 'E_PLAN');
  const document = parseDocument(text, { version: '1.2' });
  const list = document.get('waves', true);
  if (!isSeq(list)) return refuse(file);
  const old = list.items.map((wave) => (isMap(wave) && isSeq(wave.get('servers', true)) ? wave : refuse(file)));
  const servers = new Map(old.flatMap((wave) => serverNodes(wave, file)));
  const [nodes, leftOver] = matchWaves(waves, old);
  list.items = waves.map((wave, index) => waveNode(wave, nodes[index], servers, document, file));
  const comments = leftOver.flatMap(commentsOf);
  if (comments.length > 0) list.comment = [list.comment, ...comments].filter((comment) => comment).join('\n');
  if (before.options.parallel !== parallel) document.setIn(['options', 'parallel'], parallel);
  for (const { server, name, availability_zone } of zones)
    document.setIn(['mappings', 'servers', server], document.createNode({ name, availability_zone }));
  const written = textOf(document, file);
  // The result MUST be the same plan except for the change.
  const after = parseYaml(written, file, Plan, 'E_PLAN');
  const sorted = (plan: Plan): string[] =>
    plan.waves.flatMap((wave) => wave.servers.map((server) => JSON.stringify(server))).sort();
  const rest = (plan: Plan): string => {
    const mappings = { ...plan.mappings, servers: null };
    return JSON.stringify({ ...plan, waves: [], options: { ...plan.options, parallel: 0 }, mappings });
  };
  const farms = (plan: Plan): string[] =>
    plan.waves
      .filter(({ rolling }) => rolling === true)
      .map((wave) =>
        wave.servers
          .map(({ id }) => id)
          .sort()
          .join(),
      )
      .sort();
  if (JSON.stringify(farms(before)) !== JSON.stringify(farms(after))) throw unwritable(file);
  if (JSON.stringify(sorted(before)) !== JSON.stringify(sorted(after)) || rest(before) !== rest(after)) throw unwritable(file);
  return written;
}

/**
 * Chooses the old wave that each new one is written into: the one with the same servers, else the
 * next in order. A rolling wave stays its own.
 */
function matchWaves(waves: readonly NamedWave[], old: readonly YAMLMap[]): [nodes: (YAMLMap | undefined)[], leftOver: YAMLMap[]] {
  const key = (ids: readonly string[]): string => JSON.stringify([...ids].sort());
  const idsOf = (wave: YAMLMap): string[] => listOf(wave).items.map((server) => (isMap(server) ? String(server.get('id')) : ''));
  const same = new Map(old.map((wave) => [key(idsOf(wave)), wave]));
  const first = waves.map(({ servers }) => same.get(key(servers)));
  const free = old.filter((wave) => !first.includes(wave) && wave.get('rolling') !== true);
  const nodes = first.map((wave) => wave ?? free.shift());
  return [nodes, old.filter((wave) => !nodes.includes(wave))];
}

/** An alias cannot be written before its anchor. */
function textOf(document: Document.Parsed, file: string): string {
  try {
    return document.toString({ lineWidth: 0 });
  } catch {
    return refuse(file);
  }
}

/** The servers of a wave by id. A comment above the first one belongs to that server. */
function serverNodes(wave: YAMLMap, file: string): [string, YAMLMap][] {
  const list = listOf(wave);
  return list.items.map((server, index) => {
    if (!isMap(server)) return refuse(file);
    if (index === 0 && list.commentBefore) {
      server.commentBefore = list.commentBefore;
      list.commentBefore = null;
    }
    return [String(server.get('id')), server];
  });
}

/** An old wave with a new name and servers, or a new wave. */
function waveNode(
  { name, servers: ids }: NamedWave,
  old: YAMLMap | undefined,
  servers: ReadonlyMap<string, YAMLMap>,
  document: Document.Parsed,
  file: string,
): YAMLMap {
  const wave = old ?? (document.createNode({ name, servers: [] }) as YAMLMap);
  wave.set('name', name);
  listOf(wave).items = ids.map((id) => servers.get(id) ?? refuse(file));
  // A list that was empty is written on one line.
  if (old === undefined) listOf(wave).flow = false;
  return wave;
}

function listOf(wave: YAMLMap): YAMLSeq {
  return wave.get('servers', true) as unknown as YAMLSeq;
}

/** The comments of a removed wave. */
function commentsOf(wave: YAMLMap): string[] {
  const name = wave.get('name', true);
  const list = listOf(wave);
  const all = [wave.commentBefore, isScalar(name) ? name.comment : null, list.comment, wave.comment];
  return [...new Set(all.flatMap((comment) => (comment ? [comment] : [])))];
}

function refuse(file: string): never {
  throw unwritable(file);
}

function unwritable(file: string): Problem {
  return new Problem('E_PLAN', `${file} cannot be rewritten: its waves use anchors, or are no plain lists.`, {
    about: file,
    hint: 'Write every wave and server out, without & and *, or change the order by hand.',
  });
}
