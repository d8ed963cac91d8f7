import { limits } from '../../../../protocol/limits.ts';
import { CongestionWindow } from '../../../../protocol/pacing/congestion-window.ts';
import { Path } from '../../../../protocol/pacing/path.ts';
import { seededRandom } from '../../../../sender/ordering/math/random.ts';

const packetBytes = 1448;

/**
 * A line: bytes per millisecond, milliseconds there and back, and the part of packets it loses.
 */
export interface LossyLine {
  readonly bytesPerMs: number;
  readonly rttMs: number;
  readonly loss: number;
  /** Whether TCP sends on at its rate whatever is lost, as BBR does. */
  readonly isDeaf?: boolean;
}

/** One lane: our window, and a TCP beneath it that halves at a loss and delivers in order. */
class Lane {
  readonly window: CongestionWindow;
  /** Bytes that the kernel has and TCP has not sent. */
  waiting = 0;
  /** Packets on their way, by when they are confirmed; `lost`: at the second attempt. */
  readonly packets: { readonly atMs: number; readonly lost: boolean }[] = [];
  readonly marks: { readonly id: number; readonly behind: number; atMs: number | undefined }[] = [];
  taken = 0;
  sent = 0;
  inOrderMs = 0;
  cwnd = 10;
  isStarting = true;
  cutAtMs = 0;

  constructor(path: Path) {
    this.window = new CongestionWindow(limits, path);
  }
}

/**
 * Lanes that always have something to send over one line with a queue, reckoned millisecond by
 * millisecond; chance is a generator of our own, so that every run is the same.
 */
export class LossySimulation {
  readonly path = new Path(limits);
  readonly lanes: readonly Lane[];
  readonly #line: LossyLine;
  /** Whether our windows count; without them TCP alone says how much is on its way. */
  readonly #isBounded: boolean;
  readonly #echoes: { readonly id: number; readonly atMs: number }[] = [];
  readonly #random = seededRandom(1);
  #nowMs = 0;
  #freeAtMs = 0;
  longestQueueMs = 0;

  constructor(line: LossyLine, lanes: number, isBounded = true) {
    this.#line = line;
    this.#isBounded = isBounded;
    this.lanes = Array.from({ length: lanes }, () => new Lane(this.path));
  }

  /** Runs for a while; tells the bytes per millisecond that arrived. */
  run(forMs: number): number {
    const arrived = (): number => this.lanes.reduce((sum, { window }) => sum + window.arrivedBytes, 0);
    const before = arrived();
    this.longestQueueMs = 0;
    for (const end = this.#nowMs + forMs; this.#nowMs < end; this.#nowMs += 1) this.#step();
    return (arrived() - before) / forMs;
  }

  #step(): void {
    const now = this.#nowMs;
    while ((this.#echoes[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now) this.path.returned(this.#echoes.shift()?.id ?? 0, now);
    if (now % limits.echoMs === 0)
      this.#echoes.push({ id: this.path.echo(now), atMs: Math.max(now, this.#freeAtMs) + this.#line.rttMs });
    // Nobody comes first for ever.
    for (const [place] of this.lanes.entries()) this.#turn(this.lanes[(place + now) % this.lanes.length] as Lane);
    this.longestQueueMs = Math.max(this.longestQueueMs, this.#freeAtMs - now);
  }

  #turn(lane: Lane): void {
    const { window } = lane;
    while ((lane.packets[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs) this.#confirm(lane);
    while ((lane.marks[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs)
      window.returned(lane.marks.shift()?.id ?? 0, this.#nowMs);
    while (this.#isBounded ? window.inFlightBytes < window.windowBytes : lane.waiting < 64 * packetBytes) {
      const bytes = window.fragmentBytes;
      window.sent(bytes, this.#nowMs);
      lane.waiting += bytes;
      lane.taken += bytes;
      if (window.isDue(false)) this.#mark(lane);
    }
    if (window.isDue(false)) this.#mark(lane);
    while (lane.waiting > 0 && lane.packets.length < lane.cwnd) this.#send(lane);
  }

  #mark(lane: Lane): void {
    // The kernel takes what is waiting here; the socket above it never holds anything back.
    lane.marks.push({ id: lane.window.mark(this.#nowMs), behind: lane.taken, atMs: undefined });
  }

  #send(lane: Lane): void {
    const bytes = Math.min(packetBytes, lane.waiting);
    lane.waiting -= bytes;
    lane.sent += bytes;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#nowMs) + bytes / this.#line.bytesPerMs;
    let trips = 1;
    while (this.#random.next() < this.#line.loss) trips += 1;
    const atMs = this.#freeAtMs + trips * this.#line.rttMs;
    lane.inOrderMs = Math.max(lane.inOrderMs, atMs);
    const place = lane.packets.findLastIndex((packet) => packet.atMs <= atMs);
    lane.packets.splice(place + 1, 0, { atMs, lost: trips > 1 });
    for (const mark of lane.marks) if (mark.behind <= lane.sent) mark.atMs ??= lane.inOrderMs;
  }

  #confirm(lane: Lane): void {
    const { bytesPerMs, rttMs, isDeaf = false } = this.#line;
    const packet = lane.packets.shift();
    const share = (2 * bytesPerMs * rttMs) / packetBytes / this.lanes.length;
    if (isDeaf) lane.cwnd = Math.min(share, lane.cwnd + 1);
    else if (packet?.lost === true) {
      if (this.#nowMs - lane.cutAtMs < this.#line.rttMs) return;
      lane.cutAtMs = this.#nowMs;
      lane.isStarting = false;
      lane.cwnd = Math.max(2, lane.cwnd / 2);
    } else lane.cwnd += lane.isStarting ? 1 : 1 / lane.cwnd;
  }
}
