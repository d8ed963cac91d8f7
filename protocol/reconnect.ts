import { limits } from './limits.ts';

/**
 * How long to wait before connecting again, in milliseconds; `attempt` counts from 0 and starts over after a hello that succeeded.
 * The wait doubles up to the limit, and is then shortened by up to a half by chance, so that many senders do not come back at once.
 */
export function reconnectDelayMs(attempt: number, chance: () => number = Math.random): number {
  const longest = Math.min(limits.reconnectLongestMs, limits.reconnectFirstMs * 2 ** Math.min(attempt, 30));
  return Math.round(longest * (1 - chance() / 2));
}
