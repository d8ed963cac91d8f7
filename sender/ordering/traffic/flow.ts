import { type FlowObservation, guessResponder, protocolsWithPorts } from './flow-observation.ts';
import type { Repair } from './matrix.ts';

/** What crossed in one direction. */
interface FlowCounts {
  readonly bytes: number;
  readonly packets: number;
}

/** An observation whose ends are resolved: who asked whom, and what crossed. */
export interface Flow {
  /** A server id, or `outside`. */
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: string;
  readonly port: number;
  readonly sent: FlowCounts;
  readonly received: FlowCounts;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** One pebibyte: no single flow record is larger, but a broken counter is. */
const largestCount = 2 ** 50;

/** Earlier times come from an exporter without a clock. */
const earliestMs = Date.UTC(2000, 0, 1);

/** How far a clock may be ahead. */
const futureMs = 24 * 3_600_000;

/** Whether all counts of an observation are possible. */
export function hasPlausibleCounts({ bytes, packets, replyBytes = 0, replyPackets = 0 }: FlowObservation): boolean {
  return [bytes, packets, replyBytes, replyPackets].every(
    (count) => Number.isInteger(count) && count >= 0 && count <= largestCount,
  );
}

/** The ports of an observation, 0 where its protocol has none; null where they are no ports. */
export function portsOf(
  { sourcePort = 0, destinationPort = 0 }: FlowObservation,
  protocol: string,
): { source: number; destination: number } | null {
  if (!protocolsWithPorts.has(protocol)) return { source: 0, destination: 0 };
  const valid = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;
  return valid(sourcePort) && valid(destinationPort) ? { source: sourcePort, destination: destinationPort } : null;
}

/** The times of an observation, repaired where the exporter's clock is wrong. */
export function plausibleTimes(
  { firstMs, lastMs }: FlowObservation,
  nowMs: number,
): { firstMs: number; lastMs: number; repair: Repair | null } {
  const isPlausible = (ms: number): boolean => ms >= earliestMs && ms <= nowMs + futureMs;
  if (!isPlausible(firstMs) || !isPlausible(lastMs)) {
    const moment = isPlausible(lastMs) ? lastMs : isPlausible(firstMs) ? firstMs : nowMs;
    return { firstMs: moment, lastMs: moment, repair: 'clock_absurd' };
  }
  if (firstMs <= lastMs) return { firstMs, lastMs, repair: null };
  return { firstMs: lastMs, lastMs, repair: 'clock_backwards' };
}

/**
 * Guesses which end asked. Without ports nothing distinguishes the directions, so the source is
 * taken.
 */
export function guessInitiator(
  ports: { readonly source: number; readonly destination: number },
  protocol: string,
): 'source' | 'destination' {
  if (!protocolsWithPorts.has(protocol)) return 'source';
  return guessResponder(ports.source, ports.destination) === 'destination' ? 'source' : 'destination';
}
