import { once } from 'node:events';
import { type Log, type LogLevel, openLog } from '../log.ts';
import { openNotifier } from '../notify.ts';
import { asProblem } from '../problem.ts';
import { release } from '../release.ts';
import { boundMemory } from './memory.ts';

/** A daemon that runs. */
export interface RunningDaemon {
  stop(): Promise<void>;
}

/**
 * Runs a daemon until SIGTERM or SIGINT stops it in order; a second signal ends it at once.
 * `boundMemory` starts the program over: only `start` may load what the daemon needs.
 */
export async function runDaemon(name: string, level: LogLevel, start: (log: Log) => Promise<RunningDaemon>): Promise<void> {
  boundMemory();
  const log = openLog(name, level);
  const notifier = openNotifier(process.env, log);
  const crash = (thrown: unknown): void => {
    log.fatal({ error: asProblem(thrown) }, 'the daemon met a defect and ends');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const running = await start(log);
  log.info({ release, node: process.version }, 'the daemon is ready');
  await notifier.ready('ready');
  await asked;
  log.info('the daemon stops; a second signal ends it at once');
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => process.exit(128 + (signal === 'SIGTERM' ? 15 : 2)));
  await notifier.stopping();
  await running.stop();
  log.info('the daemon has stopped');
}
