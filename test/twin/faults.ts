import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { serviceNames } from './service.ts';

const requestMatch = z.strictObject({
  service: z.enum(serviceNames).optional(),
  method: z.string().optional(),
  /** Regular expression over the path with its query, without the service's prefix. */
  path: z.string().optional(),
  /** Regular expression over the JSON body. */
  body: z.string().optional(),
});

const requestFault = z.strictObject({
  do: z.enum(['status', 'drop', 'delay', 'drop-after', 'lost-answer', 'late', 'stale', 'truncate', 'corrupt', 'alter']),
  match: requestMatch.optional(),
  /** How often it strikes; without it, always. */
  times: z.int().positive().optional(),
  status: z.int().min(400).max(599).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  ms: z.number().nonnegative().optional(),
  bytes: z.int().nonnegative().optional(),
  /**
   * Of `alter`: an attribute of every thing in the answer that has it, or has what it is beside;
   * and its value there.
   */
  attribute: z.string().optional(),
  beside: z.string().optional(),
  value: z.unknown().optional(),
});

const stateFault = z.strictObject({
  do: z.enum([
    'server-error',
    'image-killed',
    'stop-ignored',
    'host-down',
    'guest-writes',
    'quota',
    'delete-flavor',
    'expire-tokens',
    'cell-down',
    'volume-error',
    'zone-error',
    'ports-down',
  ]),
  /** Regular expression over the name of the server, image, volume, snapshot or zone. */
  name: z.string().optional(),
  times: z.int().positive().optional(),
  message: z.string().optional(),
  service: z.enum(['compute', 'network', 'image', 'volume', 'dns']).optional(),
  /** Name or id of a project. */
  project: z.string().optional(),
  set: z.record(z.string(), z.int()).optional(),
  /**
   * Bytes of one write, and of the stretch at the beginning of the disk that is written over and
   * over.
   */
  bytes: z.int().positive().optional(),
  span: z.int().positive().optional(),
  /** Name or id of a flavor. */
  flavor: z.string().optional(),
});

const faultList = z.array(z.union([requestFault, stateFault]));

/** A fault that strikes a request. */
export type RequestFault = z.infer<typeof requestFault>;
/** A fault of the cloud's own. */
export type StateFault = z.infer<typeof stateFault>;
/** Any fault. */
export type Fault = RequestFault | StateFault;

const requestKinds: ReadonlySet<string> = new Set(requestFault.shape.do.options);
const immediateKinds: ReadonlySet<string> = new Set(['quota', 'delete-flavor', 'expire-tokens']);
const isRequestFault = (fault: Fault): fault is RequestFault => requestKinds.has(fault.do);

/** What a request shows of itself to a fault. */
export interface Struck {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Armed {
  readonly fault: Fault;
  left: number;
}

/**
 * Holds the faults that are switched on, from `faults.json` and from inside the process.
 *
 * The file is read before every request. A wrong file fails the request, because a fault that is
 * ignored would make a test pass that should fail.
 */
export class Faults {
  readonly #path: string;
  readonly #apply: (fault: StateFault) => void;
  #fromFile: Armed[] = [];
  #fromProcess: Armed[] = [];
  #seen = '';

  /** `apply` carries out, once, the faults that change the state at once. */
  constructor(stateDir: string, apply: (fault: StateFault) => void) {
    this.#path = join(stateDir, 'faults.json');
    this.#apply = apply;
  }

  /** Replaces the faults set from inside the process. */
  set(faults: readonly Fault[]): void {
    this.#fromProcess = this.#arm(faultList.parse(faults));
  }

  /** Switches off every fault set from inside the process. */
  clear(): void {
    this.#fromProcess = [];
  }

  /** Reads `faults.json` again if it has changed. */
  refresh(): void {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const mark = stats === undefined ? '' : `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
    if (mark === this.#seen) return;
    this.#fromFile = stats === undefined ? [] : this.#arm(faultList.parse(JSON.parse(readFileSync(this.#path, 'utf8'))));
    this.#seen = mark;
  }

  #arm(faults: readonly Fault[]): Armed[] {
    for (const fault of faults) if (!isRequestFault(fault) && immediateKinds.has(fault.do)) this.#apply(fault);
    return faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  #all(): Armed[] {
    return [...this.#fromProcess, ...this.#fromFile].filter((armed) => armed.left > 0);
  }

  /**
   * The faults that strike this request: every delay, and the first of the others. Each is used up
   * by one.
   */
  strike(request: Struck): RequestFault[] {
    const struck: RequestFault[] = [];
    let final = false;
    for (const armed of this.#all()) {
      const { fault } = armed;
      if (!isRequestFault(fault) || !fits(fault, request) || (final && fault.do !== 'delay')) continue;
      armed.left -= 1;
      final ||= fault.do !== 'delay';
      struck.push(fault);
    }
    return struck;
  }

  /** The state fault of this kind that strikes the thing of this name, used up by one. */
  take(kind: StateFault['do'], name: string): StateFault | undefined {
    for (const armed of this.#all()) {
      const { fault } = armed;
      if (isRequestFault(fault) || fault.do !== kind || !new RegExp(fault.name ?? '').test(name)) continue;
      armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}

function fits(fault: RequestFault, request: Struck): boolean {
  const { service, method, path, body } = fault.match ?? {};
  if (service !== undefined && service !== request.service) return false;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path !== undefined && !new RegExp(path).test(request.path)) return false;
  return body === undefined || new RegExp(body).test(request.body);
}
