import { z } from 'zod';
import { Mappings, noMappings, orEmpty } from '../../shared/model/mappings.ts';
import { Probe } from '../../shared/model/probe.ts';
import { Id, Ref } from '../../shared/model/resource.ts';
import { BandwidthSetting } from './bandwidth.ts';
import { Calendar } from './calendar.ts';

/**
 * When a warm server is stopped: `now`, as soon as the rounds end; `when-ready`, once a round is
 * small; `at TIME`, ISO 8601 with its zone; `manual`. `sender cutover` stops it in every case.
 */
export const Cutover = z.string().refine((text) => ['now', 'when-ready', 'manual'].includes(text) || isTime(text), {
  message: 'must be now, when-ready, manual, or `at` and a time with its zone, such as: at 2026-11-22T02:00:00+01:00',
});

function isTime(text: string): boolean {
  return /^at \d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text.slice(3)));
}

/** Servers that may be on their way at once at the most. */
export const mostParallel = 16;

const Mode = z.enum(['cold', 'warm']);

const ServerEntry = z.strictObject({
  id: Id,
  name: z.string().optional(),
  probe: Probe.optional(),
  mode: Mode.optional(),
  cutover: Cutover.optional(),
});

const AloneEntry = z.strictObject({ id: Id, name: z.string().optional() });

const WaveEntry = z.strictObject({
  name: z.string().min(1).max(100),
  /**
   * Whether its servers are a farm that moves in two halves: the second is begun when every server
   * of the first runs and passes its probe.
   */
  rolling: z.boolean().optional(),
  /** A server's own `mode` and `cutover` stand above the plan's. */
  servers: orEmpty(z.array(ServerEntry), []),
});

/**
 * `plan.yaml`: what moves, in which order, mapped to what. The operator edits it; unknown keys are
 * refused.
 */
export const Plan = z.strictObject({
  version: z.literal(1),
  /** Where it moves: to the paired receiver, or into a bundle that is carried by hand. */
  to: z.enum(['receiver', 'bundle']).default('receiver'),
  source: z.strictObject({
    project_id: z.string(),
    project_name: z.string().default(''),
    /**
     * Whether the rest of the project moves too: networks, groups and addresses that none of these
     * servers uses.
     */
    whole: z.boolean().default(false),
    /** Whether the images of a whole project stay behind and are not even read. */
    without_images: z.boolean().optional(),
  }),
  options: z
    .strictObject({
      /** Servers that may be on their way at once inside a wave. */
      parallel: z.int().min(1).max(mostParallel).default(1),
      /**
       * Servers that may fail: with one more, no further server is begun. Without it the others go
       * on, however many fail. 0: the first failure stops the campaign.
       */
      max_failures: z.int().min(0).optional(),
      /** Seconds to wait between the end of one server's move and the start of the next. */
      delay_seconds: z.number().min(0).default(0),
      /** Seconds a guest may take to shut down before the stop counts as failed. */
      stop_timeout_seconds: z.number().positive().default(600),
      /** Seconds a new server may take until it runs. */
      build_timeout_seconds: z.number().positive().default(900),
      /** Seconds a probe may fail before the server counts as unhealthy. */
      probe_timeout_seconds: z.number().positive().default(300),
      /**
       * Seconds a lost receiver is waited for before the servers on their way are taken back and
       * run at the source again.
       */
      peer_timeout_seconds: z.number().positive().default(900),
      /**
       * What a commit does with the images that the disks were registered as: a cloud needs them
       * only to rebuild, rescue or evacuate their servers.
       */
      images: z.enum(['keep', 'remove']).default('keep'),
      /**
       * `carry`: quotas of the project that are lower at the destination are raised to those of the
       * source, as an admin; a rollback puts them back.
       */
      quotas: z.enum(['keep', 'carry']).default('keep'),
      /**
       * `carry`: the destination's project gets the description of the source's, and the tags that
       * it lacks, as an admin; a rollback takes them back.
       */
      project: z.enum(['keep', 'carry']).default('keep'),
      /**
       * `carry`: users and groups of the destination get the roles in the project that they, or
       * those whom the plan maps to them, have at the source; as an admin. A rollback revokes what
       * the campaign granted.
       */
      assignments: z.enum(['keep', 'carry']).default('keep'),
      /**
       * `rewrite`: DNS records that name a floating IP or a gateway get the address that it has at
       * the destination, where the plan names it.
       */
      dns_addresses: z.enum(['keep', 'rewrite']).default('keep'),
      /**
       * `flatten`: each available snapshot of a volume that moves becomes a volume of its own at
       * the destination; the snapshots stay at the source in both cases.
       */
      volume_snapshots: z.enum(['leave', 'flatten']).default('leave'),
      /**
       * `warm`: disks are copied while their server runs, round by round, and only the last round
       * is downtime.
       */
      mode: Mode.default('cold'),
      /**
       * The most rounds before the cutover is due; they end earlier when one is small, or no
       * smaller than the one before.
       */
      rounds: z.int().min(1).max(100).default(8),
      /** MiB up to which a round counts as small. */
      round_threshold_mib: z.number().min(0).default(64),
      /** Seconds between further rounds while a server waits for its cutover. */
      round_interval_seconds: z.number().positive().default(900),
      cutover: Cutover.default('now'),
    })
    .prefault({}),
  /** When servers may be stopped; at any time without it. */
  calendar: Calendar.optional(),
  /**
   * Stands above the sender's setting of the same name while the campaign is at work; hours are
   * those of the calendar's zone, or of the sender's machine.
   */
  bandwidth: BandwidthSetting.optional(),
  /** Resources that stay behind, by ref, with all that cannot be without them. */
  skip: orEmpty(z.array(Ref), []),
  waves: orEmpty(z.array(WaveEntry), []),
  /** The volumes that no server has and that move, once the waves have. */
  volumes: orEmpty(z.array(AloneEntry), []),
  /** The images of the project that move, last of all. */
  images: orEmpty(z.array(AloneEntry), []),
  mappings: orEmpty(Mappings, noMappings),
});
export type Plan = z.infer<typeof Plan>;

/** What of its source a plan takes: with it the project is read for it, and read anew. */
export type PlanExtent = Pick<Plan['source'], 'whole' | 'without_images'>;

/**
 * Whether the images of the project are passed over where it is read for a plan; one that names
 * some takes these.
 */
export function passesImages({ source, images }: Plan): boolean {
  return source.without_images === true && images.length === 0;
}

/** The servers of a plan in the order they move. */
export function serversOf(plan: Pick<Plan, 'waves'>): string[] {
  return plan.waves.flatMap((wave) => wave.servers.map((server) => server.id));
}

/** The lone volumes of a plan in the order they move. */
export function volumesOf(plan: Plan): string[] {
  return plan.volumes.map(({ id }) => id);
}

/** Whether snapshots of the volumes that a plan moves become volumes of their own. */
export function flattens({ options }: Pick<Plan, 'options'>): boolean {
  return options.volume_snapshots === 'flatten';
}

/** The images of a plan in the order they move. */
export function imagesOf(plan: Plan): string[] {
  return plan.images.map(({ id }) => id);
}

/** All that a plan moves one by one: its servers, then its lone volumes, then its images. */
export function unitsOf(plan: Plan): string[] {
  return [...serversOf(plan), ...volumesOf(plan), ...imagesOf(plan)];
}
