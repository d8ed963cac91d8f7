import type { Observation } from '../observation.ts';
import { parseRecords } from './ipfix-record.ts';
import { parseTemplates, type Template } from './ipfix-template.ts';

/** Templates that are remembered, of all exporters together. Open vSwitch has some 250 for each; a template has at most 256 fields. */
const mostTemplates = 8_192;

const headerBytes = 16;

/** What an IPFIX message says, as far as it could be read. */
export interface IpfixMessage {
  readonly observations: readonly Observation[];
  /** The part of the exporter that watched. */
  readonly domain: number;
  /** How many data records its domain had sent before this message. */
  readonly sequence: number;
  /** Sets that are torn, and records without addresses or counts. */
  readonly malformed: number;
  /** Sets whose template has not come yet; exporters repeat templates every so often. */
  readonly untold: number;
  /** Templates that found no room. */
  readonly overLimit: number;
}

/** Reads IPFIX messages (RFC 7011), and remembers what each exporter's templates mean. Options are stepped over. */
export class IpfixReader {
  readonly #templates = new Map<string, Template>();
  readonly #limit: number;

  constructor(limit = mostTemplates) {
    this.#limit = limit;
  }

  /** Reads one datagram of an exporter. Null for what is no IPFIX message, or not a whole one. */
  read(datagram: Buffer, exporter: string): IpfixMessage | null {
    if (datagram.length < headerBytes || datagram.readUInt16BE(0) !== 10) return null;
    const length = datagram.readUInt16BE(2);
    if (length < headerBytes || length > datagram.length) return null;
    const sentMs = datagram.readUInt32BE(4) * 1000;
    const domain = datagram.readUInt32BE(12);
    const counts = { malformed: 0, untold: 0, overLimit: 0 };
    const observations: Observation[] = [];
    let at = headerBytes;
    while (length - at >= 4) {
      const id = datagram.readUInt16BE(at);
      const bytes = datagram.readUInt16BE(at + 2);
      // Where one set's length is wrong, no later one can be found.
      if (bytes < 4 || at + bytes > length) {
        counts.malformed++;
        break;
      }
      const body = datagram.subarray(at + 4, at + bytes);
      at += bytes;
      const place = `${exporter} ${domain}`;
      if (id === 2 || id === 3) this.#learn(body, id === 3, place, counts);
      else if (id >= 256) observations.push(...this.#data(body, `${place} ${id}`, sentMs, counts));
      else counts.malformed++;
    }
    return { observations, domain, sequence: datagram.readUInt32BE(8), ...counts };
  }

  #learn(body: Buffer, options: boolean, place: string, counts: { malformed: number; overLimit: number }): void {
    const entries = parseTemplates(body, options);
    if (entries === null) counts.malformed++;
    for (const { id, template } of entries ?? []) {
      const key = `${place} ${id}`;
      if (template !== null) {
        if (this.#templates.size < this.#limit || this.#templates.has(key)) this.#templates.set(key, template);
        else counts.overLimit++;
      } else if (id >= 256) this.#templates.delete(key);
      else {
        // The withdrawal of all of a kind: 2 for templates, 3 for those of options (RFC 7011, 8.1).
        for (const [known, { options: kind }] of this.#templates)
          if (known.startsWith(`${place} `) && kind === options) this.#templates.delete(known);
      }
    }
  }

  #data(body: Buffer, key: string, sentMs: number, counts: { malformed: number; untold: number }): readonly Observation[] {
    const template = this.#templates.get(key);
    if (template === undefined) {
      counts.untold++;
      return [];
    }
    const records = parseRecords(body, template, sentMs);
    if (records === null) counts.malformed++;
    else counts.malformed += records.useless;
    return records?.observations ?? [];
  }
}
