import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Log } from '../../shared/log.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { kindOf, type SpoolKind } from './name.ts';
import { Outcomes } from './outcome.ts';
import { isSame, type Look, lookAt, readAt, type SpoolText, seemsWhole } from './read.ts';

/** What a spool needs: its folder, where it remembers what it accepted, and what starts a campaign. */
export interface SpoolOptions {
  readonly folder: string;
  /** The daemon's state directory. */
  readonly state: string;
  readonly log: Log;
  /** Starts a campaign from a plan's text; `file` is its path, for complaints. */
  readonly onPlan: (text: string, file: string) => Promise<{ campaign: string }>;
  /** Starts a campaign from a parsed `configurations.json`. */
  readonly onDocument: (value: unknown, file: string) => Promise<{ campaign: string }>;
  readonly timing?: Partial<SpoolTiming> | undefined;
}

/** How patient a spool is, in milliseconds. */
export interface SpoolTiming {
  /** A file that has not changed for so long is read. */
  readonly settleMs: number;
  /** One that does not seem whole by then is given so long before it is taken as it is. */
  readonly graceMs: number;
  /** Between two looks at files that have not settled. */
  readonly lookMs: number;
  /** Between two looks at the folder when nothing was heard: events get lost, on network file systems all of them. */
  readonly scanMs: number;
  /** Before a problem that may go away by itself is tried again; doubled each time, up to the longest. */
  readonly againMs: number;
  readonly longestAgainMs: number;
}

const defaultTiming: SpoolTiming = {
  settleMs: 1_000,
  graceMs: 10_000,
  lookMs: 250,
  scanMs: 10_000,
  againMs: 5_000,
  longestAgainMs: 300_000,
};

/** Files due at once that make a burst. */
const burst = 16;

/** What is known of one file: how it looked, since when, and whether there is anything left to do with it. */
interface Sight {
  readonly look: Look;
  readonly sinceMs: number;
  readonly verdict: 'open' | 'closed';
  readonly notBeforeMs: number;
  readonly tries: number;
}

/** Watches the spool folder until it is closed: watches first, then scans, then returns. */
export async function watchSpool(options: SpoolOptions): Promise<{ close(): Promise<void> }> {
  const spool = new Spool(options);
  await spool.start();
  return spool;
}

/**
 * Takes plans and documents from a folder, each content once. An event is only a reason to look: the truth is the folder itself.
 *
 * One loop looks at every file, and hands over one at a time those that have settled.
 */
class Spool {
  readonly #options: SpoolOptions;
  readonly #timing: SpoolTiming;
  readonly #outcomes: Outcomes;
  readonly #sights = new Map<string, Sight>();
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;
  /** Whether anything was heard since the last scan began. */
  #heard = false;
  #closing = false;
  #looping: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#outcomes = new Outcomes(options.folder, options.state);
  }

  async start(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    await this.#listen();
    await this.#scan();
    this.#looping = this.#loop();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#hear();
    await this.#watcher?.close();
    await this.#looping;
  }

  async #loop(): Promise<void> {
    while (!this.#closing) {
      this.#heard = false;
      let next = this.#timing.scanMs;
      try {
        await this.#scan();
        await this.#takeDue();
        next = this.#nextLookMs();
      } catch (thrown) {
        this.#options.log.error({ error: asProblem(thrown), folder: this.#options.folder }, 'the spool could not be looked at');
      }
      await this.#pause(next);
    }
  }

  async #takeDue(): Promise<void> {
    const due = [...this.#sights].filter(([, sight]) => this.#isDue(sight));
    // At each of our own renames the watcher would read the whole folder anew; over a burst it is let go, and the scan after it
    // finds what came meanwhile.
    const isBurst = due.length > burst;
    if (isBurst) await this.#watcher?.close();
    for (const [name, sight] of due) if (!this.#closing) await this.#take(name, sight);
    if (!isBurst || this.#closing) return;
    await this.#listen();
    this.#hear();
  }

  /** How long nothing needs to be looked at unless something is heard. */
  #nextLookMs(): number {
    const { lookMs, scanMs } = this.#timing;
    const open = [...this.#sights.values()].filter(({ verdict }) => verdict === 'open');
    const waits = open.map(({ notBeforeMs }) => notBeforeMs - performance.now());
    return Math.max(lookMs, Math.min(scanMs, ...waits));
  }

  /** Looks at every file there is. */
  async #scan(): Promise<void> {
    const names = (await readdir(this.#options.folder)).filter((name) => kindOf(name) !== undefined);
    const present = new Set(names);
    for (const name of this.#sights.keys()) if (!present.has(name)) this.#sights.delete(name);
    for (const name of names) await this.#see(name);
  }

  async #see(name: string): Promise<void> {
    const before = this.#sights.get(name);
    const nowMs = performance.now();
    try {
      const look = await lookAt(this.#options.folder, name);
      if (look === undefined) this.#sights.delete(name);
      else if (before === undefined || !isSame(before.look, look)) {
        this.#sights.set(name, { look, sinceMs: nowMs, verdict: 'open', notBeforeMs: nowMs, tries: 0 });
      }
    } catch (thrown) {
      if (before?.verdict === 'closed') return;
      await this.#refuse(name, null, asProblem(thrown));
      this.#sights.set(name, { look: nothing, sinceMs: nowMs, verdict: 'closed', notBeforeMs: nowMs, tries: 0 });
    }
  }

  #isDue({ verdict, sinceMs, notBeforeMs }: Sight): boolean {
    const nowMs = performance.now();
    return verdict === 'open' && nowMs - sinceMs >= this.#timing.settleMs && nowMs >= notBeforeMs;
  }

  async #take(name: string, sight: Sight): Promise<void> {
    const kind = kindOf(name);
    let read: SpoolText | undefined;
    try {
      read = await readAt(this.#options.folder, name, sight.look);
      if (kind === undefined || read === undefined) return;
      const waitedMs = performance.now() - sight.sinceMs;
      if (!seemsWhole(read.text, kind) && waitedMs < this.#timing.graceMs) {
        this.#sights.set(name, { ...sight, notBeforeMs: performance.now() + this.#timing.settleMs });
      } else if (await this.#outcomes.wasRefused(name, read.digest, sight.look)) {
        this.#sights.set(name, { ...sight, verdict: 'closed' });
      } else await this.#start(name, kind, read, sight.look);
    } catch (thrown) {
      // What fails because we stop is not the file's fault; the next daemon takes it.
      if (this.#closing) return;
      const problem = asProblem(thrown);
      this.#options.log.warn({ problem, file: name }, 'a file of the spool was refused');
      await this.#refuse(name, read === undefined ? null : { digest: read.digest, look: sight.look }, problem);
      this.#sights.set(name, this.#after(sight, problem));
    }
  }

  async #start(name: string, kind: SpoolKind, { text, digest }: SpoolText, look: Look): Promise<void> {
    const { folder, log, onPlan, onDocument } = this.#options;
    const path = join(folder, name);
    const before = await this.#outcomes.accepted(digest);
    if (before === undefined) {
      const { campaign } = kind === 'plan' ? await onPlan(text, path) : await onDocument(parseJson(text, path), path);
      await this.#outcomes.accept({ file: name, digest, campaign, at: new Date().toISOString() });
    }
    const accepted = before ?? (await this.#outcomes.accepted(digest));
    if (accepted !== undefined) await this.#outcomes.settle(name, accepted, look);
    this.#sights.delete(name);
    log.info({ file: name, campaign: accepted?.campaign, again: before !== undefined }, 'a file of the spool was accepted');
  }

  #after(sight: Sight, problem: Problem): Sight {
    if (problem.retry === 'never') return { ...sight, verdict: 'closed' };
    const delayMs = Math.min(this.#timing.againMs * 2 ** sight.tries, this.#timing.longestAgainMs);
    return { ...sight, notBeforeMs: performance.now() + delayMs, tries: sight.tries + 1 };
  }

  async #refuse(name: string, read: { digest: string; look: Look } | null, problem: Problem): Promise<void> {
    await this.#outcomes.refuse(name, read, problem).catch((thrown: unknown) => {
      this.#options.log.error(
        { error: asProblem(thrown), file: name },
        'the problem of a spool file could not be written beside it',
      );
    });
  }

  /** Waits until the time is over or something was heard of the folder. */
  async #pause(ms: number): Promise<void> {
    if (this.#heard || this.#closing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  async #listen(): Promise<void> {
    const { folder, log } = this.#options;
    const ignored = (path: string): boolean => path !== folder && kindOf(basename(path)) === undefined;
    const watcher = watch(folder, { depth: 0, followSymlinks: false, ignoreInitial: true, ignored });
    watcher.on('all', () => this.#hear());
    // Without events (no inotify watches left, say) the regular scan still finds everything.
    watcher.on('error', (error) => log.warn({ error, folder }, 'the spool is not watched; it is only looked at now and then'));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    this.#watcher = watcher;
  }

  #hear(): void {
    this.#heard = true;
    this.#wake();
  }
}

const nothing: Look = { ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n };

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('E_DOCUMENT', `${path} is not JSON: ${(error as Error).message}.`, { about: path });
  }
}
