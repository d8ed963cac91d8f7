import { once } from 'node:events';
import { type Log, type LogLevel, openLog } from '../log.ts';
import { openNotifier } from '../notify.ts';
import { asProblem } from '../problem.ts';
import { release } from '../release.ts';
import { changedSettings } from './changed-settings.ts';
import { boundMemory } from './memory.ts';

/** What every configuration of a daemon has. */
interface WithLogLevel {
  readonly log: { readonly level: LogLevel };
}

/** A daemon that runs. */
export interface RunningDaemon<C> {
  /** Takes over those settings of another configuration that need no restart. */
  reload(config: C): void;
  stop(): Promise<void>;
}

/** How a daemon is run. */
export interface DaemonPlan<C> {
  readonly name: string;
  readonly read: () => Promise<C>;
  /** The settings, or groups of them, that `RunningDaemon.reload` takes over. */
  readonly reloadable: readonly string[];
  /** Only this may load what the daemon needs: `boundMemory` starts the program over. */
  readonly start: (config: C, log: Log) => Promise<RunningDaemon<C>>;
}

/**
 * Runs a daemon until SIGTERM or SIGINT stops it in order; a second signal ends it at once. SIGHUP
 * makes it read its configuration again.
 */
export async function runDaemon<C extends WithLogLevel>({ name, read, reloadable, start }: DaemonPlan<C>): Promise<void> {
  boundMemory();
  let config = await read();
  const log = openLog(name, config.log.level);
  const notifier = openNotifier(process.env, log);
  const crash = (thrown: unknown): void => {
    log.fatal({ error: asProblem(thrown) }, 'the daemon met a defect and ends');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const started = start(config, log);
  const reload = async (): Promise<void> => {
    try {
      const daemon = await started;
      const next = await read();
      const changed = changedSettings(config, next, ['log.level', ...reloadable]);
      log.level = next.log.level;
      daemon.reload(next);
      config = next;
      log.info(changed, 'the configuration was read again');
    } catch (error) {
      log.error({ error: asProblem(error) }, 'the configuration was read again and is refused; the one before stays');
    }
  };
  // Without a handler SIGHUP would end the process, during the start as well.
  let reloading = Promise.resolve();
  process.on('SIGHUP', () => {
    reloading = reloading.then(reload);
  });
  const daemon = await started;
  log.info({ release, node: process.version }, 'the daemon is ready');
  await notifier.ready('ready');
  await asked;
  log.info('the daemon stops; a second signal ends it at once');
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => process.exit(128 + (signal === 'SIGTERM' ? 15 : 2)));
  await notifier.stopping();
  await daemon.stop();
  log.info('the daemon has stopped');
}
