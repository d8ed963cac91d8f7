import { z } from 'zod';
import type { FlowObservation } from '../traffic/flow-observation.ts';

const NumberText = z.coerce.number();
const PmacctRow = z.object({
  ip_src: z.string(),
  ip_dst: z.string(),
  port_src: z.coerce.number().default(0),
  port_dst: z.coerce.number().default(0),
  ip_proto: z.union([z.string(), z.number()]),
  bytes: NumberText,
  packets: NumberText.default(0),
  timestamp_start: z.string().optional(),
  timestamp_end: z.string().optional(),
  stamp_inserted: z.string().optional(),
  stamp_updated: z.string().optional(),
});

/**
 * Parses a line of pmacct's JSON (`pmacct -s -O json`, or the print plugin). Null for any other
 * line; missing times become `seenMs`.
 */
export function parsePmacct(line: string, seenMs: number): FlowObservation | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const row = PmacctRow.safeParse(value);
  if (!row.success) return null;
  const { ip_src, ip_dst, port_src, port_dst, ip_proto, bytes, packets, ...times } = row.data;
  const firstMs = timeOf(times.timestamp_start ?? times.stamp_inserted) ?? seenMs;
  return {
    source: ip_src,
    destination: ip_dst,
    protocol: ip_proto,
    sourcePort: port_src,
    destinationPort: port_dst,
    bytes,
    packets,
    initiator: 'unclear',
    firstMs,
    lastMs: timeOf(times.timestamp_end ?? times.stamp_updated) ?? Math.max(firstMs, seenMs),
  };
}

/**
 * Parses any form of pmacct's `timestamps_*`: `2026-11-18 12:00:00.123456`, RFC 3339, or seconds
 * since 1970. Times without a zone are UTC.
 */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.floor(Number(text) * 1000);
  const iso = text.trim().replace(' ', 'T');
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
