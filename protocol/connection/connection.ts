import type { RawData, WebSocket } from 'ws';
import { abortable } from '../../shared/concurrency/abortable.ts';
import { asProblem, fromJson, Problem } from '../../shared/problem.ts';
import { type CloseCode, type Closed, closeReason, readClose, readError } from '../close.ts';
import { limits as defaults, type Limits } from '../limits.ts';
import type { Side } from '../messages/message.ts';
import type { Arrived } from '../messages/packed.ts';
import type { Hello } from '../messages/session.ts';
import { type Handlers, messages, type Params, type Requests, type Result, type SaidBy } from '../messages.ts';
import type { Throttle } from '../pacing/throttle.ts';
import { commonFeatures, noCommonMajor, features as ourFeatures, subprotocol } from '../version.ts';
import { decodeData, decodeText, type NoticeFrame, type RequestFrame } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';
import { Heartbeat } from './heartbeat.ts';
import { Lanes, type Wire } from './lanes.ts';
import { Outstanding } from './outstanding.ts';
import { type AnyHandlers, RequestDispatcher } from './request-dispatcher.ts';
import { checkCampaign, checkPhase, type Progress, validate, validatePart } from './validate.ts';

/** Who this side is, and what it wants to be told. */
export interface ConnectionOptions<S extends Side> {
  readonly role: S;
  /** The release of this daemon, for the other's log. */
  readonly release: string;
  /** The name of this daemon, for people. */
  readonly name: string;
  /** What this side can do beyond the first release; tests leave some out to pretend to be older. */
  readonly features?: readonly string[];
  /** Smaller limits, for tests. */
  readonly limits?: Partial<Limits>;
  /** Bounds the data that this connection and others send together. */
  readonly throttle?: Throttle;
  /** Is told of everything that was refused, for the log. */
  readonly observe?: (problem: Problem) => void;
}

/** What is asked only to be let in. */
const waysIn: ReadonlySet<string> = new Set<Requests>(['session.hello', 'session.join', 'campaign.open']);

/** How a request is asked: `timeoutMs` counts from when it is said, and may be Infinity; the heartbeat guards every request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * One live connection between a sender and a receiver, over an open WebSocket; it does not care who dialled.
 * Nothing that comes over the wire makes it throw: it answers with a problem, skips, or closes with a sentence.
 */
export class Connection<S extends Side> {
  /** Resolves when the connection is over, whoever ended it; never rejects. Every open request then fails. */
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions<S>;
  readonly #limits: Limits;
  readonly #outlet: FrameWriter;
  readonly #lanes: Lanes;
  readonly #outstanding: Outstanding;
  readonly #heartbeat: Heartbeat;
  readonly #progress: Progress = { greeted: false, campaign: undefined, lane: false };
  readonly #over = new AbortController();
  readonly #greeting = Promise.withResolvers<Hello>();
  readonly #end: (closed: Closed) => void;
  #serving: RequestDispatcher | undefined;
  #peer: Hello | undefined;
  #goodbye: string | undefined;
  #progressed = false;
  #hearing: Promise<void> = Promise.resolve();
  #hearAnswer = (id: number, arrived: Arrived): void => this.#outstanding.answer(id, true, arrived);
  #onSent = (): void => this.#lanes.sent();
  #unheard = 0;

  /** Takes over an open socket. MUST be called in the turn in which the socket opened, or frames are lost; `open` follows at once. */
  constructor(socket: WebSocket, options: ConnectionOptions<S>) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
    const { throttle } = options;
    this.#outlet = new FrameWriter(socket, { limits: this.#limits, throttle, onSent: () => this.#sent() });
    this.#lanes = new Lanes(this.#outlet);
    this.#outstanding = new Outstanding(this.#limits.requests, this.#limits.pulls);
    const silence = new Problem('E_PEER_LOST', `Nothing was heard for ${this.#limits.silentHeartbeats} heartbeats.`);
    this.#heartbeat = new Heartbeat(socket, this.#limits.heartbeatMs, this.#limits.silentHeartbeats, () =>
      this.#drop(4002, silence),
    );
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#end = resolve;
    // Whoever never calls `open` must not die of a greeting that fails.
    this.#greeting.promise.catch(() => {});
    this.#attach();
  }

  /**
   * Says or awaits hello and returns who the other side is; from then on requests are answered by `handlers`.
   * Throws E_PROTOCOL_VERSION, E_OUT_OF_PHASE or E_PEER_LOST, and the connection is then closed. MUST be called once.
   */
  async open(handlers: Handlers<S>): Promise<Hello> {
    const anyHandlers = handlers as AnyHandlers;
    this.#serving = new RequestDispatcher(anyHandlers, {
      outlet: this.#outlet,
      lanes: this.#lanes,
      limits: this.#limits,
      progress: this.#progress,
      signal: this.#over.signal,
    });
    if (this.#socket.protocol !== subprotocol) {
      this.#drop(4000, new Problem('E_PROTOCOL_VERSION', noCommonMajor(this.#options.role, this.#socket.protocol)));
    }
    const late = new Problem('E_OUT_OF_PHASE', `Hello did not come within ${this.#limits.helloMs / 1000} s.`);
    const timer = setTimeout(() => this.#drop(4001, late), this.#limits.helloMs);
    try {
      if (this.#options.role === 'sender' && !this.#over.signal.aborted) void this.#sayHello();
      return await abortable<Hello>([this.#over.signal], (resolve, reject) => void this.#greeting.promise.then(resolve, reject));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Who the other side is. Throws before `open` has returned. */
  get peer(): Hello {
    if (!this.#peer) throw new Problem('E_BUG', 'The peer is asked for before hello.');
    return this.#peer;
  }

  /** The campaign this connection is bound to, once `campaign.open` was answered. */
  get campaign(): string | undefined {
    return this.#progress.campaign;
  }

  /** Whether it was of use: something was asked and answered beyond the way in, or data has arrived. */
  get hasProgressed(): boolean {
    return this.#progressed || this.#lanes.wire.arrivedBytes > 0;
  }

  /** Whether it is a lane of another connection. */
  get isLane(): boolean {
    return this.#progress.lane;
  }

  /** Bytes said and not yet handed to the kernel. */
  get unsentBytes(): number {
    return this.#outlet.unsent;
  }

  /** Requests said and not yet answered, pulls included. */
  get openRequests(): number {
    return this.#outstanding.size;
  }

  /** What data has met on its way to the other side. */
  get wire(): Wire {
    return this.#lanes.wire;
  }

  /**
   * Makes another connection of the same peer a lane of this one: answers to pulls come or go over it, and it carries nothing else any more.
   * When it ends, so does this one: what was on its way over it is lost, and beginning anew is the one way that surely asks for it again.
   * Throws E_OUT_OF_PHASE where it serves a campaign itself, E_BUSY where there are enough.
   */
  carry(lane: Connection<S>): void {
    if (lane === this || lane.campaign !== undefined || lane.#progress.lane || this.#progress.lane)
      throw new Problem('E_OUT_OF_PHASE', 'This connection cannot become a lane of that one.');
    if (this.#lanes.count >= this.#limits.lanes)
      throw new Problem('E_BUSY', `The session has ${this.#lanes.count} lanes already.`);
    lane.#progress.lane = true;
    lane.#hearAnswer = (id, arrived) => this.#hearAnswer(id, arrived);
    lane.#onSent = () => this.#lanes.sent();
    this.#lanes.add(lane.#outlet);
    void lane.closed.then(({ says, problem }) => {
      if (problem) this.#drop(1011, new Problem('E_PEER_LOST', `A lane of the session ended: ${says}`));
      // The other side closes the session in peace, and its first connection is only slower.
      else void this.close(says);
    });
    void this.closed.then(({ says }) => lane.close(says));
  }

  /** Whether both sides have a feature. */
  has(feature: string): boolean {
    return commonFeatures(this.#options.features ?? ourFeatures, this.peer.features).has(feature);
  }

  /**
   * Asks the other side and returns its answer; a pull returns packed pieces, whose digests the caller checks.
   * Throws the other side's problem, E_PEER_TIMEOUT, E_PEER_LOST, E_MALFORMED for an answer of the wrong shape, or the signal's reason.
   */
  async request<N extends Requests & SaidBy<S>>(name: N, params: Params<N>, options: RequestOptions = {}): Promise<Result<N>> {
    checkPhase(name, this.#progress);
    checkCampaign(name, params, this.#progress);
    return (await this.#ask(name, params, options)) as Result<N>;
  }

  /** Tells the other side something, without an answer. Throws E_OUT_OF_PHASE or E_OTHER_CAMPAIGN where it may not be said now. */
  notify<N extends Exclude<SaidBy<S>, Requests>>(name: N, params: Params<N>): void {
    checkPhase(name, this.#progress);
    checkCampaign(name, params, this.#progress);
    this.#outlet.say({ name, params });
  }

  /** Says goodbye and closes; resolves when the socket is gone. May be repeated. */
  async close(reason: string): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.#socket.readyState === this.#socket.CLOSED) resolve();
      else this.#socket.once('close', () => resolve());
    });
    if (!this.#over.signal.aborted) {
      if (this.#progress.greeted) this.#outlet.say({ name: 'session.goodbye', params: { reason } });
      this.#finish({ code: 1000, says: reason });
      this.#shut(1000, reason);
    }
    await gone;
  }

  #attach(): void {
    // Put together, every frame would be 4 MiB of new memory, and another copy in the one thread that has to keep up with the line.
    this.#socket.binaryType = 'fragments';
    this.#socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    this.#socket.on('ping', () => this.#alive());
    this.#socket.on('pong', (data) => {
      this.#outlet.hearPong(data);
      this.#alive();
    });
    // An error without a listener would end the process; the close event that follows tells the same with a code.
    this.#socket.on('error', (error) => this.#drop(...readError(error)));
    this.#socket.on('close', (code, reason) => this.#finish(readClose(code, this.#goodbye ?? reason.toString())));
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#over.signal.aborted) return;
    this.#alive();
    try {
      if (isBinary) this.#hearData(data as Buffer[]);
      else this.#hearText(data as Buffer);
    } catch (thrown) {
      const problem = asProblem(thrown);
      this.#drop(problem.code === 'E_TOO_LARGE' ? 1009 : problem.code === 'E_MALFORMED' ? 1002 : 1011, problem);
    }
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
      const admitted = validate(frame.name, frame.params, this.#otherRole, this.#progress);
      if (admitted.name === 'session.hello') this.#answerHello(frame.id, admitted.params as Hello);
      else await this.#serving?.answer(frame.id, admitted, bytes);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (this.#over.signal.aborted) return;
      this.#options.observe?.(problem);
      this.#outlet.say({ id: frame.id, problem: problem.toJSON() });
    }
  }

  /** Notices are heard one after the other, in their order. One that comes out of turn is skipped; one that cannot be read is not. */
  #hearNotice(frame: NoticeFrame): void {
    let admitted: ReturnType<typeof validate>;
    try {
      admitted = validate(frame.name, frame.params, this.#otherRole, this.#progress);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === 'E_MALFORMED') throw problem;
      this.#options.observe?.(problem);
      return;
    }
    if (admitted.name === 'session.goodbye') {
      this.#goodbye ??= (admitted.params as Params<'session.goodbye'>).reason;
      return;
    }
    this.#unheard += 1;
    this.#hearing = this.#hearing.then(async () => {
      try {
        if (!this.#over.signal.aborted) await this.#serving?.hear(admitted);
      } catch (thrown) {
        // There is nobody to answer; going on would lose what was told.
        this.#drop(1011, asProblem(thrown));
      }
      this.#unheard -= 1;
      this.#listen();
    });
  }

  async #sayHello(): Promise<void> {
    try {
      const answer = (await this.#ask('session.hello', this.#hello, { timeoutMs: Number.POSITIVE_INFINITY })) as Hello;
      this.#greet(answer);
    } catch (thrown) {
      this.#drop(4001, asProblem(thrown));
    }
  }

  #answerHello(id: number, hello: Hello): void {
    this.#outlet.say({ id, result: this.#hello });
    this.#greet(hello);
  }

  #greet(hello: Hello): void {
    if (hello.role !== this.#otherRole) {
      this.#drop(
        4001,
        new Problem('E_OUT_OF_PHASE', `This is a ${this.#options.role}, and so is the other side: ${hello.name}.`),
      );
      return;
    }
    this.#peer = hello;
    this.#progress.greeted = true;
    this.#greeting.resolve(hello);
  }

  async #ask<N extends Requests>(name: N, params: unknown, options: RequestOptions): Promise<unknown> {
    const message = messages[name];
    const binary = message.kind === 'pull';
    const usual = binary ? this.#limits.pullMs : message.answered === 'soon' ? this.#limits.requestMs : Number.POSITIVE_INFINITY;
    const signals = options.signal ? [this.#over.signal, options.signal] : [this.#over.signal];
    const asking = { about: name, binary, timeoutMs: options.timeoutMs ?? usual, signals };
    const answer = await this.#outstanding.ask(asking, (id) => this.#outlet.say({ id, name, params }));
    this.#progressed ||= !waysIn.has(name);
    if (binary) return answer;
    const result = validatePart(name, 'result', answer);
    if (name === 'campaign.open') this.#progress.campaign = (params as Params<'campaign.open'>).campaign;
    return result;
  }

  get #hello(): Hello {
    const { role, release, name, features } = this.#options;
    return { role, release, features: features ?? ourFeatures, name };
  }

  get #otherRole(): Side {
    return this.#options.role === 'sender' ? 'receiver' : 'sender';
  }

  #alive(): void {
    this.#heartbeat.heard();
    this.#listen();
  }

  #sent(): void {
    this.#onSent();
    this.#listen();
  }

  /** Stops reading while this side is behind with what it was told, or the other with what it was answered; goes on afterwards. */
  #listen(): void {
    if (this.#over.signal.aborted) return;
    // What waits for the line does not count: only what is read here, the pongs, lets it out.
    const { unsent, backlogBytes, waitingTextBytes } = this.#outlet;
    if (waitingTextBytes > this.#limits.unreadBytes) {
      this.#drop(4002, new Problem('E_PEER_LOST', `Answers of ${waitingTextBytes} bytes were asked for and not read.`));
      return;
    }
    const behind = this.#unheard > this.#limits.notices || unsent - backlogBytes > this.#limits.unreadBytes;
    if (behind && !this.#socket.isPaused) this.#socket.pause();
    else if (!behind && this.#socket.isPaused) this.#socket.resume();
  }

  /** Ends the connection because of `problem`, and tells the other side in a close frame. */
  #drop(code: CloseCode, problem: Problem): void {
    if (this.#over.signal.aborted) return;
    this.#options.observe?.(problem);
    this.#finish({ code, says: problem.message, problem });
    this.#shut(code, problem.message);
  }

  #shut(code: CloseCode, says: string): void {
    // A paused socket would never see the other's close frame.
    this.#socket.resume();
    this.#socket.close(code, closeReason(says));
    const cut = setTimeout(() => this.#socket.terminate(), this.#limits.closeMs);
    this.#socket.once('close', () => clearTimeout(cut));
  }

  #finish(closed: Closed): void {
    if (this.#over.signal.aborted) return;
    this.#heartbeat.stop();
    this.#outlet.stop();
    this.#over.abort(closed.problem ?? new Problem('E_PEER_LOST', `The connection was closed: ${closed.says}`));
    this.#end(closed);
  }
}
