import type { FlowObservation } from '../traffic/flow-observation.ts';
import { PendingSets } from './ipfix-pending.ts';
import { parseRecords } from './ipfix-record.ts';
import { parseTemplates, type Template } from './ipfix-template.ts';

/** Templates that are remembered, of all exporters together. Open vSwitch sends about 250. */
const mostTemplates = 8_192;

const headerBytes = 16;

/** The content of an IPFIX message, as far as it could be parsed. */
export interface IpfixMessage {
  readonly observations: readonly FlowObservation[];
  /**
   * Observations where packets leave the switch: Open vSwitch exports every packet on both sides.
   */
  readonly leaving: readonly FlowObservation[];
  /** The observation domain of the exporter. */
  readonly domain: number;
  /** Damaged sets, and records without addresses or counts. */
  readonly malformed: number;
  /** Sets whose template has not arrived yet. They are parsed when it arrives. */
  readonly withoutTemplate: number;
  /** Templates and pending sets beyond the limits. */
  readonly overLimit: number;
}

/** The content of a message while it is parsed. */
interface MessageResult {
  readonly sentMs: number;
  readonly place: string;
  readonly observations: FlowObservation[];
  readonly leaving: FlowObservation[];
  malformed: number;
  withoutTemplate: number;
  overLimit: number;
}

/**
 * Parses IPFIX messages (RFC 7011) and remembers each exporter's templates. Options are skipped.
 */
export class IpfixReader {
  readonly #templates = new Map<string, Template>();
  readonly #waiting: PendingSets;
  readonly #limit: number;

  constructor(limit = mostTemplates, waiting = new PendingSets()) {
    this.#limit = limit;
    this.#waiting = waiting;
  }

  /** How many sets still wait for their template. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Parses one datagram of an exporter. Null where it is no complete IPFIX message. */
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
      withoutTemplate: 0,
      overLimit: 0,
    };
    let at = headerBytes;
    while (length - at >= 4) {
      const id = datagram.readUInt16BE(at);
      const bytes = datagram.readUInt16BE(at + 2);
      // After a set of wrong length the next one cannot be found.
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
    const { observations, leaving, malformed, withoutTemplate, overLimit } = reading;
    return { observations, leaving, domain, malformed, withoutTemplate, overLimit };
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
        // Withdraws all templates (set 2) or all options templates (set 3) (RFC 7011, 8.1).
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
    reading.withoutTemplate++;
    if (!this.#waiting.hold(key, body, reading.sentMs)) reading.overLimit++;
  }
}

function decode(body: Buffer, template: Template, sentMs: number, reading: MessageResult): void {
  const records = parseRecords(body, template, sentMs);
  if (records === null) {
    reading.malformed++;
    return;
  }
  reading.malformed += records.unusable;
  reading.observations.push(...records.observations);
  reading.leaving.push(...records.leaving);
}
