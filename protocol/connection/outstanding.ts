import { abortable } from '../../shared/concurrency/abortable.ts';
import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import { Problem } from '../../shared/problem.ts';
import { Assembly } from './assembly.ts';
import { type ArrivedFrame, maxId } from './frame.ts';

/** How one request is asked. */
export interface RequestTerms {
  /** What its problems are about, for people: the message's name. */
  readonly about: string;
  /** Whether the answer is a binary frame. */
  readonly binary: boolean;
  /** From saying it to its answer; Infinity where the heartbeat alone guards it. */
  readonly timeoutMs: number;
  /** Any of them ends the wait. */
  readonly signals: readonly AbortSignal[];
}

interface OpenRequest {
  readonly binary: boolean;
  /** The parts of its answer that have arrived. */
  assembly?: Assembly;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * The requests this side has open at the other: a bounded number; the rest wait here for their
 * turn.
 */
export class Outstanding {
  readonly #waiting = new Map<number, OpenRequest>();
  readonly #requests: Semaphore;
  readonly #pulls: Semaphore;
  #last = 0;

  constructor(requests: number, pulls: number) {
    this.#requests = new Semaphore(requests);
    this.#pulls = new Semaphore(pulls);
  }

  /**
   * Sends a request by `say` as soon as the window allows, and waits for its answer. One that is
   * given up keeps its place until the answer comes: the other side still works on it.
   */
  async ask({ about, binary, timeoutMs, signals }: RequestTerms, say: (id: number) => void): Promise<unknown> {
    await this.#window(binary).enter(signals);
    const id = this.#nextId();
    let timer: NodeJS.Timeout | undefined;
    let isBegun = false;
    try {
      return await abortable<unknown>(signals, (resolve, reject) => {
        isBegun = true;
        this.#waiting.set(id, { binary, resolve, reject });
        const late = (): void => reject(new Problem('E_PEER_TIMEOUT', `${about} was not answered within ${timeoutMs / 1000} s.`));
        if (Number.isFinite(timeoutMs)) timer = setTimeout(late, timeoutMs);
        this.#say(id, say);
      });
    } finally {
      clearTimeout(timer);
      // A signal may abort between the wait for a place and the request.
      if (!isBegun) this.#window(binary).leave();
    }
  }

  /**
   * Resolves a request with its answer. An answer that nobody waits for, or the second of two, is
   * skipped.
   */
  answer(id: number, binary: boolean, value: unknown): void {
    const waiting = this.#take(id);
    if (waiting?.binary === binary) waiting.resolve(value);
    else waiting?.reject(new Problem('E_MALFORMED', `Request ${id} was answered with a ${binary ? 'binary' : 'text'} frame.`));
  }

  /**
   * Answers a pull with a frame, or with the last part of one. A part that nobody waits for is
   * skipped. Throws E_MALFORMED for parts that do not fit together.
   */
  arrived(id: number, frame: ArrivedFrame): void {
    const waiting = this.#waiting.get(id);
    if (frame.part === undefined || waiting?.binary === false) this.answer(id, true, frame);
    else if (waiting !== undefined) {
      waiting.assembly ??= new Assembly(frame);
      const whole = waiting.assembly.add(frame);
      if (whole !== undefined) this.answer(id, true, whole);
    }
  }

  /** Rejects a request with a problem. */
  refuse(id: number, problem: Problem): void {
    this.#take(id)?.reject(problem);
  }

  /** How many requests are open, pulls included. */
  get size(): number {
    return this.#waiting.size;
  }

  #say(id: number, say: (id: number) => void): void {
    try {
      say(id);
    } catch (unsaid) {
      // What was never said is never answered.
      this.#take(id);
      throw unsaid;
    }
  }

  #window(binary: boolean): Semaphore {
    return binary ? this.#pulls : this.#requests;
  }

  #take(id: number): OpenRequest | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    this.#waiting.delete(id);
    this.#window(waiting.binary).leave();
    return waiting;
  }

  #nextId(): number {
    do this.#last = this.#last === maxId ? 1 : this.#last + 1;
    while (this.#waiting.has(this.#last));
    return this.#last;
  }
}
