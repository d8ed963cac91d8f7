import { visible } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import type { FlowMatrix } from '../traffic/matrix.ts';
import { rejectedLines } from '../traffic/rejected-text.ts';

/** How many conversations are printed; the file has all of them. */
const mostShown = 10;

/**
 * Prints a matrix: the largest conversations, what was not counted, and the addresses without a
 * server.
 */
export function summaryLines(traffic: FlowMatrix, nameOf: (id: string) => string): string[] {
  const sum = ({ sent_bytes, received_bytes }: FlowMatrix['conversations'][number]): number => sent_bytes + received_bytes;
  const largest = [...traffic.conversations].sort((a, b) => sum(b) - sum(a));
  const lines = largest.slice(0, mostShown).map((conversation) => {
    const { initiator, responder, protocol, port } = conversation;
    return `  ${visible(nameOf(initiator))} -> ${visible(nameOf(responder))} ${protocol}${port > 0 ? `/${port}` : ''}: ${showBytes(sum(conversation))}`;
  });
  if (largest.length > mostShown) lines.push(`  and ${largest.length - mostShown} more`);
  const rejected = rejectedLines(traffic).map((line) => `  ${line}`);
  const unknown = traffic.unknown.map(({ address, bytes }) => `  ${visible(address)}: ${showBytes(bytes)}`);
  return [
    traffic.conversations.length === 0 ? 'No conversation was observed.' : `${traffic.conversations.length} conversations:`,
    ...lines,
    ...(rejected.length > 0 ? ['Not counted:', ...rejected] : []),
    ...(unknown.length > 0 ? ['Addresses of the tenant that no server has:', ...unknown] : []),
  ];
}
