import { Problem, type ProblemCode } from '../shared/problem.ts';

/**
 * Why a connection is closed by a close frame. 1000 to 1015 are RFC 6455's; 4000 and up are ours.
 * SPEC.md lists them; a test compares.
 */
export const closeCodes = {
  1000: { problem: undefined, says: 'The work is done, or the side was told to stop; goodbye said which.' },
  1001: { problem: 'E_PEER_LOST', says: 'The daemon stops.' },
  1002: { problem: 'E_MALFORMED', says: 'A frame could not be read.' },
  1007: { problem: 'E_MALFORMED', says: 'A text frame was not UTF-8.' },
  1009: { problem: 'E_TOO_LARGE', says: 'A frame was longer than the limit.' },
  1011: { problem: 'E_PEER_LOST', says: 'The side failed at what it was told, and cannot go on.' },
  4000: { problem: 'E_PROTOCOL_VERSION', says: 'The two sides have no major version in common.' },
  4001: { problem: 'E_OUT_OF_TURN', says: 'Hello did not come in time, or was not answered as it should be.' },
  4002: { problem: 'E_PEER_LOST', says: 'Nothing was heard for too long, or the peer asked and did not read the answers.' },
  4003: { problem: 'E_PEER_UNPAIRED', says: 'The peer is not, or no longer, paired.' },
} as const satisfies Record<number, { problem: ProblemCode | undefined; says: string }>;

/** One of our close codes. */
export type CloseCode = keyof typeof closeCodes;

/** How a connection ended. `problem` is absent where it ended in peace. */
export interface Closed {
  readonly code: number;
  readonly says: string;
  readonly problem?: Problem;
}

/** Cuts a sentence to the 123 bytes of UTF-8 that a close frame holds (RFC 6455, 5.5.1). */
export function closeReason(says: string): string {
  let reason = says;
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  // Half of a surrogate pair would not be UTF-8.
  return reason.toWellFormed() === reason ? reason : reason.slice(0, -1);
}

/** Reads a close frame of the peer, or its absence (1006). */
export function readClose(code: number, reason: string): Closed {
  const known = Object.hasOwn(closeCodes, code) ? closeCodes[code as CloseCode] : undefined;
  const says = reason || (known?.says ?? `The connection broke (${code}).`);
  const problem = known ? known.problem : 'E_PEER_LOST';
  return problem ? { code, says, problem: new Problem(problem, says) } : { code, says };
}

/**
 * Reads an error of the socket: what to close it with, and why. Those of ws say which rule of RFC
 * 6455 was broken.
 */
export function readError(error: Error): [CloseCode, Problem] {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const refused = `A frame is refused: ${error.message}.`;
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return [1009, new Problem('E_TOO_LARGE', refused)];
  if (code === 'WS_ERR_INVALID_UTF8') return [1007, new Problem('E_MALFORMED', refused)];
  if (code.startsWith('WS_ERR_')) return [1002, new Problem('E_MALFORMED', refused)];
  return [4002, new Problem('E_PEER_LOST', `The connection broke: ${error.message}.`, { cause: error })];
}
