import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

interface ApiMessage {
  readonly user_message?: string;
  readonly created_at?: string;
}

/** The first microversion whose messages can be asked for by what they are about. */
const filtered = '3.5';

/**
 * Why Cinder failed with a volume or a snapshot, in the words that it has for its users; null where
 * it tells nothing. Block Storage API v3, "Messages". A reason is looked for because something has
 * failed already: that it cannot be read is no failure.
 */
export async function reasonOf(session: CloudSession, id: string, signal: AbortSignal): Promise<string | null> {
  try {
    if (!(await session.knows(filtered, signal, 'volume'))) return null;
    const call = { method: 'GET', service: 'volume', path: '/messages', query: { resource_uuid: id }, signal } as const;
    const messages = partOf<readonly ApiMessage[]>((await session.call(call)).body, 'messages', 'GET /messages');
    const [last] = [...messages].sort((a, b) => (b.created_at ?? '').localeCompare(a.created_at ?? ''));
    return last?.user_message?.replace(/\.$/, '') ?? null;
  } catch {
    return null;
  }
}
