import { visible } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import type { Traffic } from '../traffic/matrix.ts';

/** Conversations that are shown; the file has all of them. */
const shown = 10;

// biome-ignore format: a table is read by column
const sentences: Readonly<Record<string, string>> = {
  malformed: 'could not be read', absurd_count: 'had counts that cannot be', self_traffic: 'were of a server with itself',
  not_a_conversation: 'were multicast, broadcast or link-local', unknown_address: 'had addresses of the tenant that no server has',
  ambiguous_address: 'had addresses that several servers have', foreign_traffic: 'were of others', over_limit: 'found no room',
};

/** Tells what a matrix holds: the largest conversations by name, what was not counted and why, and the addresses nobody has. */
export function summaryLines(traffic: Traffic, nameOf: (id: string) => string): string[] {
  const sum = ({ sent_bytes, received_bytes }: Traffic['conversations'][number]): number => sent_bytes + received_bytes;
  const largest = [...traffic.conversations].sort((a, b) => sum(b) - sum(a));
  const lines = largest.slice(0, shown).map((conversation) => {
    const { initiator, responder, protocol, port } = conversation;
    return `  ${visible(nameOf(initiator))} -> ${visible(nameOf(responder))} ${protocol}${port > 0 ? `/${port}` : ''}: ${showBytes(sum(conversation))}`;
  });
  if (largest.length > shown) lines.push(`  and ${largest.length - shown} more`);
  const rejected = rejectedLines(traffic).map((line) => `  ${line}`);
  const unknown = traffic.unknown.map(({ address, bytes }) => `  ${visible(address)}: ${showBytes(bytes)}`);
  return [
    traffic.conversations.length === 0 ? 'No conversation was seen.' : `${traffic.conversations.length} conversations:`,
    ...lines,
    ...(rejected.length > 0 ? ['Not counted:', ...rejected] : []),
    ...(unknown.length > 0 ? ['Addresses of the tenant that no server has:', ...unknown] : []),
  ];
}

/** Tells what a matrix does not count, and why: a line for each reason. */
export function rejectedLines({ rejected }: Pick<Traffic, 'rejected'>): string[] {
  return Object.entries(rejected).map(([reason, count]) => `${count} ${sentences[reason] ?? reason}`);
}
