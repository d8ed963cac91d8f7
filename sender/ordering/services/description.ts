import { visible } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import { compareText } from '../math/compare-text.ts';
import { type FlowMatrix, outside } from '../traffic/matrix.ts';
import type { Service } from './service.ts';

const mostNamed = 6;

/**
 * Describes a service in sentences: its servers and why, where it is asked from outside, who asks
 * whom most, and its tiers.
 */
export function describeService(
  service: Omit<Service, 'says'>,
  { conversations }: FlowMatrix,
  names: ReadonlyMap<string, string>,
): string[] {
  const called = (id: string): string => visible(names.get(id) ?? id);
  const { servers, parts, innerBytes, crossBytes, by } = service;
  const inside = new Set(servers);
  const list =
    servers.length > mostNamed
      ? [...servers.slice(0, mostNamed).map(called), `${servers.length - mostNamed} more`]
      : servers.map(called);
  const why =
    by === 'operator'
      ? 'you named it'
      : servers.length === 1
        ? 'it talks with no other server enough to belong to it'
        : `they exchange ${showBytes(innerBytes)} with each other and ${showBytes(crossBytes)} with other servers`;
  const head = `${servers.length === 1 ? '1 server' : `${servers.length} servers`} (${list.join(', ')}): ${why}.`;
  const doors = conversations.filter(({ initiator, responder }) => initiator === outside && inside.has(responder));
  const met = [
    ...new Set(doors.map(({ responder, protocol, port }) => `${called(responder)} on ${protocol}${port > 0 ? `/${port}` : ''}`)),
  ];
  const reached =
    met.length === 0
      ? []
      : [`The world reaches it through ${met.slice(0, mostNamed).join(', ')}${met.length > mostNamed ? ', …' : ''}.`];
  const asks = conversations
    .filter(({ initiator, responder }) => inside.has(initiator) && inside.has(responder))
    .map((one) => ({ ...one, bytes: one.sent_bytes + one.received_bytes }))
    .sort(
      (a, b) =>
        b.bytes - a.bytes || compareText(a.initiator, b.initiator) || compareText(a.responder, b.responder) || a.port - b.port,
    )
    .slice(0, 3)
    .map(
      ({ initiator, responder, protocol, port, bytes }) =>
        `${called(initiator)} asks ${called(responder)} on ${protocol}${port > 0 ? `/${port}` : ''}: ${showBytes(bytes)}.`,
    );
  const tiers = Math.max(...parts.map(({ tier }) => tier));
  const rows = Array.from({ length: tiers }, (_, index) => parts.filter(({ tier }) => tier === index + 1).length);
  return [head, ...reached, ...asks, ...(tiers > 1 ? [`In ${tiers} tiers of ${rows.join(', ')}.`] : [])];
}
