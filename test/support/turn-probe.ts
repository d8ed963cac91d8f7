import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded by `node --import` into a process that is watched: notes its longest turn of the event
 * loop since SIGUSR2 in a file, in milliseconds of processor time. It looks every millisecond, so
 * that a turn is told up to that much too long, and an idle process stays idle.
 */
const file = process.env['GODWIT_TURNS'];

if (isMainThread && file !== undefined) {
  let longest = Number.POSITIVE_INFINITY;
  let before = process.threadCpuUsage();
  const note = (ms: number): void => {
    longest = ms;
    writeFileSync(file, ms.toFixed(1));
  };
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    const ms = (user + system) / 1000;
    if (ms > longest) note(ms);
  };
  process.on('SIGUSR2', () => note(0));
  setInterval(look, 1).unref();
}
