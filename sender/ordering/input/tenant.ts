import { parseRate } from '../../../shared/model/bandwidth.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import type { Plan } from '../../../shared/model/plan.ts';
import { diskBytesOf } from '../../../shared/model/space.ts';
import { Problem } from '../../../shared/problem.ts';
import type { RoundLimits } from '../../migration/round.ts';
import type { Host } from '../placement/place.ts';
import { compareText, outside, type Traffic } from '../traffic/matrix.ts';
import type { OlderInput } from '../traffic/older.ts';

const bytesPerGiB = 2 ** 30;

/** A server that moves. Sizes are null where no file tells them; `memory` and `storage` are MiB and GiB, of the older input in its own units. */
export interface Mover {
  readonly id: string;
  readonly name: string;
  readonly diskBytes: number | null;
  /** What certainly crosses: the image as it is stored. */
  readonly leastBytes: number;
  readonly sizes: { readonly cpu: number; readonly memory: number; readonly storage: number } | null;
  readonly warm: boolean;
}

/** What moves, who talks to whom, and the order that was given. */
export interface Tenant {
  readonly servers: readonly Mover[];
  readonly traffic: Traffic;
  /** The waves of the plan, or all servers in the order of the document. */
  readonly given: readonly (readonly string[])[];
  /** Where that order comes from, for people. */
  readonly givenBy: 'plan' | 'document' | 'matrix';
  readonly parallel: number;
  readonly pauseMs: number;
  /** Farms that move in two halves, each a wave of its own. */
  readonly rolling: readonly (readonly string[])[];
  /** Bytes a second that the plan lets through, whatever the line does; null where it does not say, or says it by the hour. */
  readonly bandwidth: number | null;
  /** What ends the rounds of those that move warm. */
  readonly rounds: RoundLimits;
  /** Whether the plan waits for windows. */
  readonly calendar: boolean;
  /** The hosts of the older analyser's input. */
  readonly hosts: readonly Host[];
}

/** What the files say. */
export interface Files {
  readonly traffic: Traffic;
  readonly documents: readonly Configurations[];
  readonly plan: Plan | null;
  readonly older: readonly OlderInput[];
}

/**
 * The servers of the plan; without one those of the documents, and without those every server of the matrix.
 * Throws E_PLAN where the plan names a server that the documents do not have, or one twice.
 */
export function tenantOf({ traffic, documents, plan, older }: Files): Tenant {
  const known = new Map([...documents.flatMap(serversOf), ...older.flatMap(olderServers)].map((server) => [server.id, server]));
  const { delay_seconds = 0, parallel = 1, mode = 'cold' } = plan?.options ?? {};
  const farms = plan?.waves.filter(({ rolling }) => rolling === true) ?? [];
  const rest = {
    ...{ traffic, parallel, pauseMs: 1000 * delay_seconds, hosts: older.flatMap(({ hosts }) => hosts) },
    rolling: farms.map((wave) => wave.servers.map(({ id }) => id)),
    calendar: plan?.calendar !== undefined,
    // Without a plan nothing moves warm.
    rounds: { rounds: plan?.options.rounds ?? 1, round_threshold_mib: plan?.options.round_threshold_mib ?? 0 },
    bandwidth: typeof plan?.bandwidth === 'string' ? (parseRate(plan.bandwidth) ?? null) : null,
  };
  if (plan !== null) {
    const listed = plan.waves.flatMap(({ servers }) => servers);
    for (const [index, { id, name = '' }] of listed.entries()) {
      if (listed.findIndex((other) => other.id === id) !== index)
        throw new Problem('E_PLAN', `The plan has server ${name || id} twice.`, { about: id });
      if (documents.length > 0 && !known.has(id))
        throw new Problem('E_PLAN', `The plan names server ${name || id}, which the document does not have.`, {
          about: id,
          hint: 'Give the document that was captured for this plan, or none.',
        });
    }
    const servers = listed.map(({ id, name, mode: own = mode }) => {
      const server = known.get(id) ?? unknownServer(id, name);
      return { ...server, warm: own === 'warm' };
    });
    const given = plan.waves.map((wave) => wave.servers.map(({ id }) => id));
    return { ...rest, servers, given, givenBy: 'plan' };
  }
  const named = traffic.conversations.flatMap(({ initiator, responder }) => [initiator, responder]);
  const servers =
    known.size > 0
      ? [...known.values()]
      : [...new Set(named)]
          .filter((id) => id !== outside)
          .sort(compareText)
          .map((id) => unknownServer(id));
  return { ...rest, servers, given: [servers.map(({ id }) => id)], givenBy: known.size > 0 ? 'document' : 'matrix' };
}

function unknownServer(id: string, name = id): Mover {
  return { id, name: name === '' ? id : name, diskBytes: null, leastBytes: 0, sizes: null, warm: false };
}

function serversOf({ servers, flavors, disks, images }: Configurations): Mover[] {
  const imageById = new Map(images.map((image) => [image.id, image]));
  return servers.map((server) => {
    const { id, name, image_id, vcpus, memory_mib } = server;
    const image = imageById.get(image_id ?? '');
    const diskBytes = diskBytesOf(server, { flavors, disks, images });
    const stored = image?.size ?? 0;
    return {
      ...{ id, name: name === '' ? id : name, diskBytes: diskBytes || null, warm: false },
      // A raw image may be zeros for the most part.
      leastBytes: image?.disk_format === 'qcow2' ? stored : 0,
      sizes: vcpus === null || memory_mib === null ? null : { cpu: vcpus, memory: memory_mib, storage: diskBytes / bytesPerGiB },
    };
  });
}

function olderServers({ servers }: OlderInput): Mover[] {
  return servers.map(({ id, cpu, memory, storage }) => ({
    ...{ id, name: id, diskBytes: storage * bytesPerGiB || null, leastBytes: 0, warm: false, sizes: { cpu, memory, storage } },
  }));
}
