import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import { writeDurably } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';

const Fingerprint = z.string().regex(/^[0-9a-f]{64}$/);

const PairedPeer = z.object({
  /** What people call it; unique in the file. */
  name: z.string().min(1),
  /** Where it is dialled; absent for a peer that dials us. */
  address: z.string().optional(),
  /** The pinned key: SHA-256 of its SubjectPublicKeyInfo. */
  fingerprint: Fingerprint,
  /** PEM; kept for people, the fingerprint alone decides. */
  certificate: z.string(),
  /** ISO 8601, UTC. */
  paired_at: z.string(),
  /**
   * The key it announced as its next one; accepted beside the pinned one until it is first used.
   */
  next_fingerprint: Fingerprint.optional(),
  /** The next key of ours that it has confirmed to know. */
  knows_our_next: Fingerprint.optional(),
  /** The key it was paired with, once a rotation has replaced that. */
  first_fingerprint: Fingerprint.optional(),
});

/** One daemon that we have paired with. */
export type PairedPeer = Readonly<z.infer<typeof PairedPeer>>;

/**
 * The key a peer was first paired with; its campaigns are stored under it through every rotation.
 */
export function firstKeyOf({ first_fingerprint, fingerprint }: Pick<PairedPeer, 'first_fingerprint' | 'fingerprint'>): string {
  return first_fingerprint ?? fingerprint;
}

const PeersFile = z.object({ format: z.literal('godwit/peers'), version: z.literal(1), peers: z.array(PairedPeer) });

/** Digits of a fingerprint that name a peer at the least: one group. */
const fewestDigits = 4;

/** How often the file is looked at for changes made by another process. */
const watchIntervalMs = 500;

/**
 * The pinned keys of a daemon, in one file that is read for every question, so that a removal
 * counts at once. Another process SHOULD ask the daemon instead of writing.
 */
export class Peers {
  readonly path: string;
  readonly #changed = new Set<() => void>();
  readonly #writing = new Semaphore(1);

  constructor(path: string) {
    this.path = path;
  }

  /** Every peer; none when the file does not exist yet. A damaged file throws E_STATE_DAMAGED. */
  async list(): Promise<readonly PairedPeer[]> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new Problem('E_STATE_DAMAGED', `The list of peers ${this.path} cannot be read.`, { about: this.path, cause: error });
    }
    return parsePeers(text, this.path);
  }

  /** The peer whose key this is, or else the one that has announced it as its next. */
  async byKey(fingerprint: string): Promise<PairedPeer | undefined> {
    const peers = await this.list();
    return (
      peers.find((one) => one.fingerprint === fingerprint) ??
      peers.find(({ next_fingerprint }) => next_fingerprint === fingerprint)
    );
  }

  /**
   * Pins a peer. The same key replaces its entry; another key with the same name gets a new name.
   */
  async add(peer: PairedPeer): Promise<PairedPeer> {
    return await this.#write((peers) => {
      const others = peers.filter((one) => one.fingerprint !== peer.fingerprint && one.next_fingerprint !== peer.fingerprint);
      const first = peers.find((one) => one.fingerprint === peer.fingerprint)?.first_fingerprint;
      const added = {
        ...peer,
        name: freeName(peer.name, others),
        ...(first === undefined ? {} : { first_fingerprint: first }),
      };
      return { peers: [...others, added], result: added };
    });
  }

  /**
   * Unpins a peer, named as for `peerNamed`, and returns its entry; no other entry accepts its key.
   * Throws E_NOT_FOUND.
   */
  async remove(nameOrFingerprint: string): Promise<PairedPeer> {
    return await this.#write((peers) => {
      const removed = peerNamed(peers, nameOrFingerprint);
      const { fingerprint } = removed;
      const others = peers.filter((one) => one.fingerprint !== fingerprint);
      return { peers: others.map((one) => withoutNext(one, fingerprint)), result: removed };
    });
  }

  /**
   * Changes the entry of a pinned key; undefined when it was unpinned meanwhile. Throws
   * E_PEER_UNPAIRED for a new key that another peer has or has announced.
   */
  async change(fingerprint: string, change: (peer: PairedPeer) => PairedPeer): Promise<PairedPeer | undefined> {
    return await this.#write((peers) => {
      const old = peers.find((one) => one.fingerprint === fingerprint);
      if (old === undefined) return { peers, result: undefined };
      const changed = change(old);
      const added = keysOf(changed).filter((key) => !keysOf(old).includes(key));
      if (peers.some((one) => one !== old && keysOf(one).some((key) => added.includes(key)))) throw notAccepted(old.name);
      return { peers: peers.map((one) => (one === old ? changed : one)), result: changed };
    });
  }

  /** Calls back after every change of the file, by any process, until the signal aborts. */
  watch(changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#changed.add(changed);
    watchFile(this.path, { interval: watchIntervalMs, persistent: false }, changed);
    signal.addEventListener('abort', () => {
      this.#changed.delete(changed);
      unwatchFile(this.path, changed);
    });
  }

  async #write<T>(edit: (peers: readonly PairedPeer[]) => { peers: readonly PairedPeer[]; result: T }): Promise<T> {
    // The next writer waits for this one, whether it succeeds or not.
    return await this.#writing.run(async () => {
      const before = await this.list();
      const { peers, result } = edit(before);
      if (peers === before) return result;
      await writeDurably(this.path, `${JSON.stringify({ format: 'godwit/peers', version: 1, peers }, undefined, 2)}\n`);
      for (const changed of this.#changed) changed();
      return result;
    });
  }
}

function parsePeers(text: string, path: string): readonly PairedPeer[] {
  try {
    return PeersFile.parse(JSON.parse(text)).peers;
  } catch (error) {
    throw new Problem('E_STATE_DAMAGED', `The list of peers ${path} is damaged.`, { about: path, cause: error });
  }
}

/**
 * The one peer of this name, or else of this fingerprint or the beginning of it. Throws E_NOT_FOUND
 * for none and for several.
 */
export function peerNamed<P extends Pick<PairedPeer, 'name' | 'fingerprint'>>(peers: readonly P[], wanted: string): P {
  const named = peers.find(({ name }) => name === wanted);
  if (named !== undefined) return named;
  const digits = wanted.replaceAll(' ', '').toLowerCase();
  const like = digits.length < fewestDigits ? [] : peers.filter(({ fingerprint }) => fingerprint.startsWith(digits));
  const [only] = like;
  if (only !== undefined && like.length === 1) return only;
  const says =
    like.length > 1
      ? `${JSON.stringify(wanted)} is the beginning of the fingerprints of ${like.map(({ name }) => name).join(', ')}.`
      : `No peer is called ${JSON.stringify(wanted)}, and the fingerprint of none begins so.`;
  throw new Problem('E_NOT_FOUND', says, { about: wanted, hint: 'The command `peers` lists names and fingerprints.' });
}

/** Every key with which a peer is accepted. */
function keysOf({ fingerprint, next_fingerprint }: PairedPeer): readonly string[] {
  return next_fingerprint === undefined ? [fingerprint] : [fingerprint, next_fingerprint];
}

function withoutNext(peer: PairedPeer, fingerprint: string): PairedPeer {
  if (peer.next_fingerprint !== fingerprint) return peer;
  const { next_fingerprint: _, ...rest } = peer;
  return rest;
}

/** Gives no reason: who has a key is private to that peer. */
function notAccepted(name: string): Problem {
  return new Problem('E_PEER_UNPAIRED', `The next key that ${name} announces is not accepted.`, {
    about: name,
    hint: 'Each daemon needs a key of its own: make another one there, or unpair it here and pair again.',
  });
}

function freeName(wanted: string, others: readonly PairedPeer[]): string {
  const taken = new Set(others.map((one) => one.name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!taken.has(name)) return name;
  }
}
