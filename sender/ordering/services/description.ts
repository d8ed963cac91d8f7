import { visible } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import { compareText } from '../math/compare-text.ts';
import { type Conversation, type FlowMatrix, outside } from '../traffic/matrix.ts';
import type { Service } from './service.ts';

/** How many servers or ports a sentence names. */
const mostNamed = 6;

/** How many conversations are described, the largest. */
const mostConversations = 3;

/**
 * Describes a service in sentences: its servers and why, where it is asked from outside, who asks
 * whom, and its tiers.
 */
export function describeService(
  service: Omit<Service, 'says'>,
  { conversations }: FlowMatrix,
  names: ReadonlyMap<string, string>,
): string[] {
  const nameOf = (id: string): string => visible(names.get(id) ?? id);
  const members = new Set(service.servers);
  const sentences = [membersSentence(service, nameOf)];
  const exposed = conversations.filter(({ initiator, responder }) => initiator === outside && members.has(responder));
  if (exposed.length > 0) sentences.push(exposureSentence(exposed, nameOf));
  const inner = conversations.filter(({ initiator, responder }) => members.has(initiator) && members.has(responder));
  for (const { initiator, responder, bytes, ...port } of largest(inner))
    sentences.push(`${nameOf(initiator)} asks ${nameOf(responder)} on ${portText(port)}: ${showBytes(bytes)}.`);
  const tiers = Math.max(...service.parts.map(({ tier }) => tier));
  if (tiers > 1) {
    const sizes = Array.from({ length: tiers }, (_, i) => service.parts.filter(({ tier }) => tier === i + 1).length);
    sentences.push(`It has ${tiers} tiers of ${sizes.join(', ')} servers.`);
  }
  return sentences;
}

function membersSentence({ servers, innerBytes, crossBytes, by }: Omit<Service, 'says'>, nameOf: (id: string) => string): string {
  const named = servers.slice(0, mostNamed).map(nameOf);
  if (servers.length > mostNamed) named.push(`${servers.length - mostNamed} more`);
  const count = servers.length === 1 ? '1 server' : `${servers.length} servers`;
  return `${count} (${named.join(', ')}): ${whyTogether(servers, innerBytes, crossBytes, by)}.`;
}

function whyTogether(servers: readonly string[], innerBytes: number, crossBytes: number, by: Service['by']): string {
  if (by === 'operator') return 'you named it';
  if (servers.length === 1) return 'it talks too little with any other server';
  return `they exchange ${showBytes(innerBytes)} with each other and ${showBytes(crossBytes)} with other servers`;
}

function exposureSentence(conversations: readonly Conversation[], nameOf: (id: string) => string): string {
  const ports = [...new Set(conversations.map((one) => `${nameOf(one.responder)} on ${portText(one)}`))];
  const more = ports.length > mostNamed ? ', …' : '';
  return `It is asked from outside through ${ports.slice(0, mostNamed).join(', ')}${more}.`;
}

function largest(conversations: readonly Conversation[]): (Conversation & { readonly bytes: number })[] {
  return conversations
    .map((one) => ({ ...one, bytes: one.sent_bytes + one.received_bytes }))
    .sort(
      (a, b) =>
        b.bytes - a.bytes || compareText(a.initiator, b.initiator) || compareText(a.responder, b.responder) || a.port - b.port,
    )
    .slice(0, mostConversations);
}

function portText({ protocol, port }: Pick<Conversation, 'protocol' | 'port'>): string {
  return port > 0 ? `${protocol}/${port}` : protocol;
}
