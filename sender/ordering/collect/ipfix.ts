import type { FlowObservation } from '../traffic/flow-observation.ts';
import { PendingSets } from './ipfix-pending.ts';
import { parseRecords } from './ipfix-record.ts';
import { parseTemplates, type Template } from './ipfix-template.ts';

/** Templates that are remembered, of all exporters together. Open vSwitch has some 250 for each; a template has at most 256 fields. */
const mostTemplates = 8_192;

const headerBytes = 16;

/** What an IPFIX message says, as far as it could be read. */
export interface IpfixMessage {
  readonly observations: readonly FlowObservation[];
  /** Seen on the way out of the switch. Open vSwitch tells of every packet twice: where it came in, and where it went out. */
  readonly leaving: readonly FlowObservation[];
  /** The part of the exporter that watched. */
  readonly domain: number;
  /** How many data records its domain had sent before this message. */
  readonly sequence: number;
  /** Sets that are torn, and records without addresses or counts. */
  readonly malformed: number;
  /** Sets whose template has not come yet; they are read when it comes, for exporters repeat templates every so often. */
  readonly untold: number;
  /** Templates, and sets that wait for one, that found no room. */
  readonly overLimit: number;
}

/** What one message adds up to while it is read. */
interface MessageResult {
  readonly sentMs: number;
  readonly place: string;
  readonly observations: FlowObservation[];
  readonly leaving: FlowObservation[];
  malformed: number;
  untold: number;
  overLimit: number;
}

/** Reads IPFIX messages (RFC 7011), and remembers what each exporter's templates mean. Options are stepped over. */
export class IpfixReader {
  readonly #templates = new Map<string, Template>();
  readonly #waiting: PendingSets;
  readonly #limit: number;

  constructor(limit = mostTemplates, waiting = new PendingSets()) {
    this.#limit = limit;
    this.#waiting = waiting;
  }

  /** Sets whose template never came. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Reads one datagram of an exporter. Null for what is no IPFIX message, or not a whole one. */
  read(datagram: Buffer, exporter: string): IpfixMessage | null {
    if (datagram.length < headerBytes || datagram.readUInt16BE(0) !== 10) return null;
    const length = datagram.readUInt16BE(2);
    if (length < headerBytes || length > datagram.length) return null;
    const domain = datagram.readUInt32BE(12);
    const reading: MessageResult = {
      sentMs: datagram.readUInt32BE(4) * 1000,
      place: `${exporter} ${domain}`,
      observations: [],
      leaving: [],
      malformed: 0,
      untold: 0,
      overLimit: 0,
    };
    let at = headerBytes;
    while (length - at >= 4) {
      const id = datagram.readUInt16BE(at);
      const bytes = datagram.readUInt16BE(at + 2);
      // Where one set's length is wrong, no later one can be found.
      if (bytes < 4 || at + bytes > length) {
        reading.malformed++;
        break;
      }
      const body = datagram.subarray(at + 4, at + bytes);
      at += bytes;
      if (id === 2 || id === 3) this.#learn(body, id === 3, reading);
      else if (id >= 256) this.#data(body, `${reading.place} ${id}`, reading);
      else reading.malformed++;
    }
    const { observations, leaving, malformed, untold, overLimit } = reading;
    return { observations, leaving, domain, sequence: datagram.readUInt32BE(8), malformed, untold, overLimit };
  }

  #learn(body: Buffer, options: boolean, reading: MessageResult): void {
    const { place } = reading;
    const entries = parseTemplates(body, options);
    if (entries === null) reading.malformed++;
    for (const { id, template } of entries ?? []) {
      const key = `${place} ${id}`;
      if (template !== null) {
        if (this.#templates.size < this.#limit || this.#templates.has(key)) this.#keep(key, template, reading);
        else reading.overLimit++;
      } else if (id >= 256) this.#templates.delete(key);
      else {
        // The withdrawal of all of a kind: 2 for templates, 3 for those of options (RFC 7011, 8.1).
        for (const [known, { options: kind }] of this.#templates)
          if (known.startsWith(`${place} `) && kind === options) this.#templates.delete(known);
      }
    }
  }

  #keep(key: string, template: Template, reading: MessageResult): void {
    this.#templates.set(key, template);
    for (const { body, sentMs } of this.#waiting.take(key)) decode(body, template, sentMs, reading);
  }

  #data(body: Buffer, key: string, reading: MessageResult): void {
    const template = this.#templates.get(key);
    if (template !== undefined) {
      decode(body, template, reading.sentMs, reading);
      return;
    }
    reading.untold++;
    if (!this.#waiting.hold(key, body, reading.sentMs)) reading.overLimit++;
  }
}

function decode(body: Buffer, template: Template, sentMs: number, reading: MessageResult): void {
  const records = parseRecords(body, template, sentMs);
  if (records === null) {
    reading.malformed++;
    return;
  }
  reading.malformed += records.useless;
  reading.observations.push(...records.observations);
  reading.leaving.push(...records.leaving);
}
