import type { FlowObservation } from '../traffic/flow-observation.ts';
import { addressAt } from './bytes.ts';

const headerBytes = 24;
const recordBytes = 48;
/** More than any exporter puts into one datagram, which is 30 by the format's description. */
const mostRecords = 100;

/** The content of a NetFlow datagram. `sequence` counts the flows sent before it. */
export interface NetflowDatagram {
  readonly observations: readonly FlowObservation[];
  readonly sequence: number;
  /** The exporter's engine; each engine has its own sequence. */
  readonly engine: number;
}

/**
 * Parses a NetFlow 5 datagram (Cisco, "NetFlow Export Datagram Format"); null for any other. Counts
 * are multiplied by the sampling interval in the header.
 */
export function parseNetflow(datagram: Buffer): NetflowDatagram | null {
  if (datagram.length < headerBytes || datagram.readUInt16BE(0) !== 5) return null;
  const count = datagram.readUInt16BE(2);
  if (count > mostRecords || datagram.length < headerBytes + count * recordBytes) return null;
  const uptimeMs = datagram.readUInt32BE(4);
  const sentMs = datagram.readUInt32BE(8) * 1000 + Math.floor(datagram.readUInt32BE(12) / 1e6);
  // The upper two bits are the sampling mode, the rest is the interval.
  const rate = Math.max(1, datagram.readUInt16BE(22) & 0x3fff);
  const observations = Array.from({ length: count }, (_, index): FlowObservation => {
    const at = headerBytes + index * recordBytes;
    // Uptimes are 32-bit milliseconds and wrap after 49 days.
    const ago = (offset: number): number => (uptimeMs - datagram.readUInt32BE(at + offset)) | 0;
    return {
      source: addressAt(datagram, at, 4),
      destination: addressAt(datagram, at + 4, 4),
      protocol: datagram[at + 38] ?? 0,
      packets: datagram.readUInt32BE(at + 16) * rate,
      bytes: datagram.readUInt32BE(at + 20) * rate,
      firstMs: sentMs - ago(24),
      lastMs: sentMs - ago(28),
      sourcePort: datagram.readUInt16BE(at + 32),
      destinationPort: datagram.readUInt16BE(at + 34),
      initiator: 'unclear',
    };
  });
  return { observations, sequence: datagram.readUInt32BE(16), engine: datagram.readUInt16BE(20) };
}
