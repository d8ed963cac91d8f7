import type { WebSocket } from 'ws';
import { asProblem, fromJson, Problem } from '../../shared/problem.ts';
import type { Closed } from '../close.ts';
import { limits as defaults, type Limits } from '../limits.ts';
import type { Side } from '../messages/message.ts';
import type { Hello } from '../messages/session.ts';
import { type Handlers, messages, type Params, type Requests, type Result, type SaidBy } from '../messages.ts';
import type { Throttle } from '../pacing/throttle.ts';
import { commonFeatures, noCommonMajor, features as ourFeatures, subprotocol } from '../version.ts';
import { type ArrivedFrame, decodeData, decodeText, type NoticeFrame, type RequestFrame } from './frame.ts';
import type { FrameWriter, OutgoingFrame } from './frame-writer.ts';
import { Greeting } from './greeting.ts';
import { Lanes, type LineStatus } from './lanes.ts';
import { Link, type LinkListener } from './link.ts';
import { NoticeQueue } from './notice-queue.ts';
import { Outstanding } from './outstanding.ts';
import { type AnyHandlers, RequestDispatcher } from './request-dispatcher.ts';
import { type ConnectionProgress, checkCampaign, checkTurn, type ValidMessage, validate, validatePart } from './validate.ts';

/** Who this side is, and how it behaves. */
export interface ConnectionOptions<S extends Side> {
  readonly role: S;
  /** The release of this daemon, for the other's log. */
  readonly release: string;
  /** The name of this daemon, for people. */
  readonly name: string;
  /**
   * What this side can do beyond the first release; tests leave some out to pretend to be older.
   */
  readonly features?: readonly string[];
  /** Smaller limits, for tests. */
  readonly limits?: Partial<Limits>;
  /** Bounds the data that this connection and others send together. */
  readonly throttle?: Throttle;
  /** Gets every problem that something was refused with, for the log. */
  readonly observe?: (problem: Problem) => void;
}

/**
 * How a request is asked. `timeoutMs` counts from when it is sent, and may be Infinity: the
 * heartbeat guards every request.
 */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * A live connection between a sender and a receiver over an open WebSocket, whoever dialled.
 * Nothing that comes over the wire makes it throw: it answers with a problem, skips, or closes.
 */
export class Connection<S extends Side> {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions<S>;
  readonly #limits: Limits;
  readonly #link: Link;
  readonly #lanes: Lanes;
  readonly #outstanding: Outstanding;
  readonly #progress: ConnectionProgress = { greeted: false, campaign: undefined, lane: false };
  readonly #greeting: Greeting;
  readonly #notices: NoticeQueue;
  #dispatcher: RequestDispatcher | undefined;
  #goodbye: string | undefined;
  #progressed = false;
  #hearAnswer = (id: number, arrived: ArrivedFrame): void => this.#outstanding.arrived(id, arrived);
  #onSent = (): void => this.#lanes.sent();
  #next = (writer: FrameWriter): OutgoingFrame | undefined => this.#lanes.next(writer);

  /**
   * Takes over an open socket. MUST be called in the turn in which the socket opened, or frames
   * are lost; `open` follows at once.
   */
  constructor(socket: WebSocket, options: ConnectionOptions<S>) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
    this.#link = new Link(socket, { limits: this.#limits, throttle: options.throttle, listener: this.#listener });
    const mayCut = (): boolean => this.#progress.greeted && this.has('parts');
    this.#lanes = new Lanes(this.#link.writer, this.#link.path, this.#limits, mayCut);
    this.#outstanding = new Outstanding(this.#limits.requests, this.#limits.pulls);
    const { role, release, name, features } = options;
    const hello = { role, release, features: features ?? ourFeatures, name };
    this.#greeting = new Greeting(hello, this.#link, this.#progress);
    this.#notices = new NoticeQueue({
      hear: async (notice) => {
        if (!this.#link.signal.aborted) await this.#dispatcher?.hear(notice);
      },
      // There is nobody to answer; going on would lose what was said.
      failed: (problem) => this.#link.drop(1011, problem),
      left: () => this.#link.listen(),
    });
  }

  /**
   * Resolves when the connection is over, whoever ended it; never rejects. Every open request then
   * fails.
   */
  get closed(): Promise<Closed> {
    return this.#link.closed;
  }

  /**
   * Exchanges hello and returns the other side; requests are answered by `handlers` from then on.
   * MUST be called once. Throws E_PROTOCOL_VERSION, E_OUT_OF_TURN or E_PEER_LOST, and closes.
   */
  async open(handlers: Handlers<S>): Promise<Hello> {
    const anyHandlers = handlers as AnyHandlers;
    this.#dispatcher = new RequestDispatcher(anyHandlers, {
      writer: this.#link.writer,
      lanes: this.#lanes,
      limits: this.#limits,
      progress: this.#progress,
      signal: this.#link.signal,
    });
    if (this.#socket.protocol !== subprotocol) {
      this.#link.drop(4000, new Problem('E_PROTOCOL_VERSION', noCommonMajor(this.#options.role, this.#socket.protocol)));
    }
    if (this.#options.role === 'sender' && !this.#link.signal.aborted) void this.#sayHello();
    return await this.#greeting.inTime(this.#limits.helloMs);
  }

  /** Who the other side is. Throws before `open` has returned. */
  get peer(): Hello {
    return this.#greeting.peer;
  }

  /** The campaign this connection is bound to, once `campaign.open` was answered. */
  get campaign(): string | undefined {
    return this.#progress.campaign;
  }

  /** Whether anything beyond the greeting and the opening was answered, or data has arrived. */
  get hasProgressed(): boolean {
    return this.#progressed || this.#lanes.wire.arrivedBytes > 0;
  }

  /** Whether it is a lane of another connection. */
  get isLane(): boolean {
    return this.#progress.lane;
  }

  /** Bytes sent that no lane, or over this connection not the kernel, has taken yet. */
  get unsentBytes(): number {
    return this.#link.writer.unsent + this.#lanes.queuedBytes;
  }

  /** Requests said and not yet answered, pulls included. */
  get openRequests(): number {
    return this.#outstanding.size;
  }

  /** What data has met on its way to the other side. */
  get wire(): LineStatus {
    return this.#lanes.wire;
  }

  /** Measures the path once, before data does. */
  echo(): void {
    this.#lanes.echo();
  }

  /**
   * Makes another connection of the same peer a lane of this one: it carries the answers to pulls
   * and nothing else, and either ends with the other. Throws E_OUT_OF_TURN, E_BUSY.
   */
  carry(lane: Connection<S>): void {
    if (lane === this || lane.campaign !== undefined || lane.#progress.lane || this.#progress.lane)
      throw new Problem('E_OUT_OF_TURN', 'This connection cannot become a lane of that one.');
    if (this.#lanes.count >= this.#limits.lanes)
      throw new Problem('E_BUSY', `The session has ${this.#lanes.count} lanes already.`);
    lane.#progress.lane = true;
    lane.#hearAnswer = (id, arrived) => this.#hearAnswer(id, arrived);
    const { writer } = lane.#link;
    lane.#onSent = () => this.#lanes.sent();
    lane.#next = (way) => this.#lanes.next(way);
    writer.follow(this.#link.path);
    this.#lanes.add(writer, () => void lane.close('The lane is not needed.'));
    void lane.closed.then(({ says, problem }) => {
      const isIdle = this.#lanes.remove(writer);
      // Nobody knows which of its frames arrived.
      if (problem || !isIdle) this.#link.drop(1011, new Problem('E_PEER_LOST', `A lane of the session ended: ${says}`));
    });
    void this.closed.then(({ says }) => lane.close(says));
  }

  /**
   * Uses no more than so many lanes. The others leave once all that they carry has arrived; where
   * the other side does not know that lanes may leave, they stay open and carry nothing.
   */
  keepLanes(count: number): void {
    this.#lanes.keep(count, this.has('leaving-lanes'));
  }

  /** Whether both sides have a feature. */
  has(feature: string): boolean {
    return commonFeatures(this.#options.features ?? ourFeatures, this.peer.features).has(feature);
  }

  /**
   * Asks the other side; a pull returns packed pieces, whose digests the caller checks. Throws the
   * other side's problem, E_PEER_TIMEOUT, E_PEER_LOST, E_MALFORMED, or the signal's reason.
   */
  async request<N extends Requests & SaidBy<S>>(name: N, params: Params<N>, options: RequestOptions = {}): Promise<Result<N>> {
    checkTurn(name, this.#progress);
    checkCampaign(name, params, this.#progress);
    return (await this.#ask(name, params, options)) as Result<N>;
  }

  /**
   * Sends the other side a notice, which has no answer. Throws E_OUT_OF_TURN or E_OTHER_CAMPAIGN
   * where it may not be said now.
   */
  notify<N extends Exclude<SaidBy<S>, Requests>>(name: N, params: Params<N>): void {
    checkTurn(name, this.#progress);
    checkCampaign(name, params, this.#progress);
    this.#link.writer.say({ name, params });
  }

  /** Says goodbye and closes; resolves when the socket is gone. May be repeated. */
  async close(reason: string): Promise<void> {
    if (!this.#link.signal.aborted && this.#progress.greeted)
      this.#link.writer.say({ name: 'session.goodbye', params: { reason } });
    await this.#link.close(reason);
  }

  get #listener(): LinkListener {
    return {
      text: (data) => this.#hearText(data),
      data: (fragments) => this.#hearData(fragments),
      sent: () => this.#onSent(),
      next: (writer) => this.#next(writer),
      isBehind: () => this.#notices.length > this.#limits.notices,
      goodbye: () => this.#goodbye,
      refused: (problem) => this.#options.observe?.(problem),
    };
  }

  #hearData(fragments: readonly Buffer[]): void {
    const { id, ...arrived } = decodeData(fragments);
    this.#hearAnswer(id, arrived);
  }

  #hearText(data: Buffer): void {
    const longest = this.#progress.greeted ? this.#limits.textBytes : this.#limits.greetingBytes;
    if (data.length > longest)
      throw new Problem('E_TOO_LARGE', `A text frame of ${data.length} bytes is longer than ${longest}.`);
    const frame = decodeText(data.toString());
    if ('problem' in frame) this.#outstanding.refuse(frame.id, fromJson(frame.problem));
    else if ('result' in frame) this.#outstanding.answer(frame.id, false, frame.result);
    else if ('id' in frame) void this.#hearRequest(frame, data.length);
    else this.#hearNotice(frame);
  }

  /** Answers a request, with a problem where it is refused. Never rejects. */
  async #hearRequest(frame: RequestFrame, bytes: number): Promise<void> {
    try {
      const message = validate(frame.name, frame.params, this.#greeting.otherRole, this.#progress);
      if (message.name === 'session.hello') this.#answerHello(frame.id, message.params as Hello);
      else await this.#dispatcher?.answer(frame.id, message, bytes);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (this.#link.signal.aborted) return;
      this.#options.observe?.(problem);
      this.#link.writer.say({ id: frame.id, problem: problem.toJSON() });
    }
  }

  /**
   * Notices are heard in their order. One that comes out of turn is skipped; one that cannot be
   * read ends the connection.
   */
  #hearNotice(frame: NoticeFrame): void {
    let message: ValidMessage;
    try {
      message = validate(frame.name, frame.params, this.#greeting.otherRole, this.#progress);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === 'E_MALFORMED') throw problem;
      this.#options.observe?.(problem);
      return;
    }
    if (message.name === 'session.goodbye') {
      this.#goodbye ??= (message.params as Params<'session.goodbye'>).reason;
      return;
    }
    this.#notices.add(message);
  }

  async #sayHello(): Promise<void> {
    try {
      const answer = (await this.#ask('session.hello', this.#greeting.own, { timeoutMs: Number.POSITIVE_INFINITY })) as Hello;
      this.#greeting.meet(answer);
    } catch (thrown) {
      this.#link.drop(4001, asProblem(thrown));
    }
  }

  #answerHello(id: number, hello: Hello): void {
    this.#link.writer.say({ id, result: this.#greeting.own });
    this.#greeting.meet(hello);
  }

  async #ask<N extends Requests>(name: N, params: unknown, options: RequestOptions): Promise<unknown> {
    const message = messages[name];
    const binary = message.kind === 'pull';
    const usual = binary ? this.#limits.pullMs : message.answered === 'soon' ? this.#limits.requestMs : Number.POSITIVE_INFINITY;
    const signals = options.signal ? [this.#link.signal, options.signal] : [this.#link.signal];
    const asking = { about: name, binary, timeoutMs: options.timeoutMs ?? usual, signals };
    const answer = await this.#outstanding.ask(asking, (id) => this.#link.writer.say({ id, name, params }));
    this.#progressed ||= !message.opens;
    if (binary) return answer;
    const result = validatePart(name, 'result', answer);
    if (message.binds === 'campaign') this.#progress.campaign = (params as { campaign: string }).campaign;
    return result;
  }
}
