import { basename, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { isFull } from '../../shared/disk-full.ts';
import { makeFolder } from '../../shared/durable.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { kindOf, type SpoolKind } from './name.ts';
import { Outcomes } from './outcome.ts';
import { type Look, readAt, type SpoolText, seemsWhole } from './read.ts';
import { type Sighting, Sightings } from './sightings.ts';
import { defaultTiming, type SpoolTiming } from './timing.ts';
import { mustBePrivate } from './trust.ts';

/** What a spool needs: its folder, the state directory, and what starts a campaign. */
export interface SpoolOptions {
  readonly folder: string;
  /** The daemon's state directory. */
  readonly state: string;
  readonly log: Log;
  /** Starts a campaign from a plan's text; `file` names it in complaints. */
  readonly onPlan: (text: string, file: string) => Promise<{ campaign: string }>;
  /** Starts a campaign from a parsed `configurations.json`. */
  readonly onDocument: (value: unknown, file: string) => Promise<{ campaign: string }>;
  readonly timing?: Partial<SpoolTiming> | undefined;
  /** The user of the daemon, whose files and root's are taken. */
  readonly own?: number | undefined;
}

/** Files due at once that make a burst. */
const burst = 16;

/** Watches the spool folder until it is closed. */
export async function watchSpool(options: SpoolOptions): Promise<{ close(): Promise<void> }> {
  const spool = new Spool(options);
  await spool.start();
  return spool;
}

/**
 * Takes plans and documents from a folder, each content once; one loop takes one settled file at a
 * time. An event only wakes the loop: what counts is the folder itself.
 */
class Spool {
  readonly #options: SpoolOptions;
  readonly #timing: SpoolTiming;
  readonly #outcomes: Outcomes;
  readonly #sightings: Sightings;
  readonly #own: number;
  /** What keeps files from being taken, as it was said last. */
  #said = '';
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;
  /** Whether an event came since the last scan began. */
  #heard = false;
  #closing = false;
  #looping: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#own = options.own ?? process.getuid?.() ?? 0;
    this.#outcomes = new Outcomes(options.folder, options.state);
    this.#sightings = new Sightings(options.folder, this.#timing, this.#own, (name, problem) =>
      this.#refuse(name, null, problem),
    );
  }

  /** Throws E_STATE_DAMAGED where the folder is not there and cannot be made. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    await makeFolder(folder).catch((cause: Error) => {
      if (isFull(cause)) throw cause;
      const hint = 'Make it, for the user the daemon runs as, or name another `spool`.';
      throw new Problem('E_STATE_DAMAGED', `The spool ${folder} cannot be made: ${cause.message}.`, {
        about: folder,
        cause,
        hint,
      });
    });
    await this.#listen();
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
        const mode = await mustBePrivate(this.#options.folder, this.#own);
        await this.#sightings.scan(mode);
        this.#sayOnce(this.#untrustedText());
        await this.#takeDue();
        next = this.#sightings.nextLookMs();
      } catch (thrown) {
        const { message, hint } = asProblem(thrown);
        this.#sayOnce(`the spool is not read: ${message} ${hint}`);
      }
      await this.#pause(next);
    }
  }

  /** Says what keeps files from being taken, once for as long as it is so. */
  #sayOnce(says: string): void {
    if (says !== '' && says !== this.#said) this.#options.log.error({ folder: this.#options.folder }, says);
    this.#said = says;
  }

  #untrustedText(): string {
    const [foreign] = this.#sightings.untrusted('foreign');
    const [writable] = this.#sightings.untrusted('writable');
    return [
      ...(foreign === undefined
        ? []
        : [
            `files of other users are not taken from the spool, ${foreign} for one; give them to user ${this.#own}, the daemon's: chown`,
          ]),
      ...(writable === undefined
        ? []
        : [`files that other users may write are not taken from the spool, ${writable} for one: chmod go-w`]),
    ].join('; ');
  }

  async #takeDue(): Promise<void> {
    const due = this.#sightings.due();
    // Each of our renames makes the watcher read the whole folder. A burst of files is taken
    // without the watcher; the scan after it finds what came meanwhile.
    const isBurst = due.length > burst;
    if (isBurst) await this.#watcher?.close();
    for (const [name, sighting] of due) if (!this.#closing) await this.#take(name, sighting);
    if (!isBurst || this.#closing) return;
    await this.#listen();
    this.#hear();
  }

  async #take(name: string, sighting: Sighting): Promise<void> {
    const kind = kindOf(name);
    let read: SpoolText | undefined;
    try {
      read = await readAt(this.#options.folder, name, sighting.look);
      if (kind === undefined || read === undefined) return;
      const waitedMs = performance.now() - sighting.sinceMs;
      if (!seemsWhole(read.text, kind) && waitedMs < this.#timing.graceMs) {
        this.#sightings.wait(name, sighting);
      } else if (await this.#outcomes.wasRefused(name, read.digest, sighting.look)) {
        this.#sightings.close(name, sighting);
      } else await this.#start(name, kind, read, sighting.look);
    } catch (thrown) {
      // The daemon stops: the file is not at fault, and the next daemon takes it.
      if (this.#closing) return;
      const problem = asProblem(thrown);
      this.#options.log.warn({ problem, file: name }, 'a file of the spool was refused');
      await this.#refuse(name, read === undefined ? null : { digest: read.digest, look: sighting.look }, problem);
      this.#sightings.refused(name, sighting, problem);
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
    this.#sightings.forget(name);
    log.info({ file: name, campaign: accepted?.campaign, again: before !== undefined }, 'a file of the spool was accepted');
  }

  async #refuse(name: string, read: { digest: string; look: Look } | null, problem: Problem): Promise<void> {
    await this.#outcomes.refuse(name, read, problem).catch((thrown: unknown) => {
      this.#options.log.error(
        { error: asProblem(thrown), file: name },
        'the problem of a spool file could not be written beside it',
      );
    });
  }

  /** Waits for a time, or for an event of the folder. */
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
    // Without events (no inotify watches are left, for example) the regular scan still finds
    // everything.
    watcher.on('error', (error) => log.warn({ error, folder }, 'the spool is not watched; it is only scanned from time to time'));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    this.#watcher = watcher;
  }

  #hear(): void {
    this.#heard = true;
    this.#wake();
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('E_DOCUMENT', `${path} is not JSON: ${(error as Error).message}.`, { about: path });
  }
}
