import { z } from 'zod';
import { SessionId } from './field.ts';
import { notice, request } from './message.ts';

/** Who a side is, as it introduces itself. */
export const Hello = z.object({
  role: z.enum(['sender', 'receiver']),
  release: z.string().max(100),
  features: z.array(z.string().max(100)).max(100).readonly(),
  name: z.string().max(255),
});
export type Hello = z.infer<typeof Hello>;

/** Introduces the two sides to each other. */
export const hello = request({
  from: 'sender',
  since: 1,
  when: 'greeting',
  answered: 'soon',
  heardBy: 'connection',
  opens: true,
  purpose: 'Introduces the two sides to each other; nothing else is heard before it.',
  repeatable: 'Once per connection; a second one is refused with E_OUT_OF_TURN and changes nothing.',
  params: Hello,
  result: Hello,
  problems: [],
});

/** Makes a connection a lane of another. */
export const join = request({
  from: 'sender',
  since: 1,
  when: 'ready',
  answered: 'soon',
  opens: true,
  purpose:
    'Makes this connection a lane of a session of the same peer: from its answer on it carries answers to pulls, pings and goodbye, and nothing else.',
  repeatable: 'Once per connection; a connection that has joined is asked nothing any more.',
  params: z.object({ session: SessionId }),
  result: z.object({}),
  problems: ['E_NOT_FOUND'],
});

/** Says that a side is about to close the connection, and why. */
export const goodbye = notice({
  from: 'either',
  since: 1,
  when: 'ready',
  heardBy: 'connection',
  onLane: true,
  purpose: 'Says that this side closes the connection now, and why, so that the other need not take it for a broken link.',
  repeatable: 'Yes; only the first counts.',
  params: z.object({ reason: z.string().max(1000) }),
});
