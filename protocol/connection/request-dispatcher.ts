import { Semaphore } from '../../shared/concurrency/semaphore.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { Limits } from '../limits.ts';
import { bytesPulled } from '../messages/disk.ts';
import type { PackedPieces } from '../messages/packed.ts';
import { type Context, messages, type Name } from '../messages.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Lanes } from './lanes.ts';
import type { ConnectionProgress, ValidMessage } from './validate.ts';
import { checkCampaign } from './validate.ts';

/** Handlers by name, without their types: `validate` has checked what they get. */
export type AnyHandlers = Readonly<Partial<Record<Name, (params: unknown, context: Context) => Promise<unknown>>>>;

/** What a dispatcher uses of its connection. */
interface DispatcherTools {
  readonly writer: FrameWriter;
  readonly lanes: Lanes;
  readonly limits: Limits;
  readonly progress: ConnectionProgress;
  readonly signal: AbortSignal;
}

/** Answers the requests of the other side: a bounded number at a time, each of them once. */
export class RequestDispatcher {
  readonly #handlers: AnyHandlers;
  readonly #writer: FrameWriter;
  readonly #lanes: Lanes;
  readonly #limits: Limits;
  readonly #progress: ConnectionProgress;
  readonly #signal: AbortSignal;
  readonly #pulls: Semaphore;
  readonly #smallPulls: Semaphore;
  #open = 0;
  #openBytes = 0;
  #openPulls = 0;
  /** The campaign that is being opened, and by how many requests. */
  #opening: { readonly campaign: string; handlers: number } | undefined;

  /** Texts are sent by `writer`, data over one of `lanes`. */
  constructor(handlers: AnyHandlers, { writer, lanes, limits, progress, signal }: DispatcherTools) {
    this.#handlers = handlers;
    this.#writer = writer;
    this.#lanes = lanes;
    this.#limits = limits;
    this.#progress = progress;
    this.#signal = signal;
    this.#pulls = new Semaphore(limits.pullsServed);
    this.#smallPulls = new Semaphore(limits.smallPullsServed);
  }

  /**
   * Answers a valid request of `bytes`. Throws the problem to refuse it with, which may be the
   * handler's own.
   */
  async answer(id: number, { name, params }: ValidMessage, bytes: number): Promise<void> {
    if (messages[name].kind === 'pull') await this.#answerPull(id, name, params);
    else await this.#answerRequest(id, name, params, bytes);
  }

  /** Runs the handler of a valid notice. Throws what the handler throws. */
  async hear({ name, params }: ValidMessage): Promise<void> {
    await this.#handle(name, params);
  }

  async #answerRequest(id: number, name: Name, params: unknown, bytes: number): Promise<void> {
    if (this.#open >= this.#limits.requests) throw busy(`${this.#open} requests are open`);
    if (this.#openBytes + bytes > this.#limits.requestBytes) throw busy(`requests of ${this.#openBytes} bytes are open`);
    this.#open += 1;
    this.#openBytes += bytes;
    try {
      const handle = (): Promise<unknown> => this.#handle(name, params);
      const binds = messages[name].binds === 'campaign';
      const result = binds ? await this.#bind(name, (params as { campaign: string }).campaign, handle) : await handle();
      this.#writer.say({ id, result });
    } finally {
      this.#open -= 1;
      this.#openBytes -= bytes;
    }
  }

  /**
   * Only a few pulls are read at once, and none while too much is unsent. Small pulls have a
   * semaphore of their own.
   */
  async #answerPull(id: number, name: Name, params: unknown): Promise<void> {
    if (this.#openPulls >= this.#limits.pulls) throw busy(`${this.#openPulls} pulls are open`);
    this.#openPulls += 1;
    try {
      const { smallPullBytes, pullsServed, frameBytes } = this.#limits;
      const isSmall = bytesPulled(params as Parameters<typeof bytesPulled>[0]) <= smallPullBytes;
      const places = isSmall ? this.#smallPulls : this.#pulls;
      await places.run(async () => {
        // A small pull does not wait for the long ones before it.
        await this.#lanes.room(isSmall ? pullsServed * frameBytes : 0, this.#signal);
        const packed = (await this.#handle(name, params)) as PackedPieces;
        this.#lanes.send({ id, ...packed });
      }, this.#signal);
    } finally {
      this.#openPulls -= 1;
    }
  }

  /**
   * Opens a campaign and binds the connection to it. No other may be opened meanwhile, or its
   * handler could mix the two.
   */
  async #bind(name: Name, campaign: string, handle: () => Promise<unknown>): Promise<unknown> {
    checkCampaign(name, { campaign }, { greeted: true, campaign: this.#opening?.campaign, lane: false });
    this.#opening ??= { campaign, handlers: 0 };
    this.#opening.handlers += 1;
    try {
      const result = await handle();
      this.#progress.campaign = campaign;
      return result;
    } finally {
      this.#opening.handlers -= 1;
      if (this.#opening.handlers === 0) this.#opening = undefined;
    }
  }

  async #handle(name: Name, params: unknown): Promise<unknown> {
    const handler = this.#handlers[name];
    if (!handler) throw new Problem('E_UNKNOWN_MESSAGE', `${name} is not answered here.`, { about: name });
    try {
      return await handler(params, { signal: this.#signal });
    } catch (thrown) {
      throw asProblem(thrown);
    }
  }
}

function busy(why: string): Problem {
  return new Problem('E_BUSY', `The request is refused: ${why} already.`);
}
