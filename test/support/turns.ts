/**
 * No turn of the event loop may take longer, in milliseconds of processor time. Loops keep below
 * half of it; the rest is for collections of garbage, and for a processor that others slow down.
 */
export const longestTurnMs = 100;

/** Watches how long this thread works without a pause. */
export interface Turns {
  /** Ends the watch; returns the longest turn of the event loop so far, in milliseconds. */
  stop(): number;
}

/**
 * Watches the turns of the event loop until it is stopped. They are told in processor time of this
 * thread, so that other load of the machine does not count.
 */
export function watchTurns(): Turns {
  let longest = 0;
  let running = true;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
    if (running) setImmediate(look);
  };
  setImmediate(look);
  return {
    stop: () => {
      running = false;
      return longest;
    },
  };
}
