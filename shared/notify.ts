import { execFile } from 'node:child_process';
import type { Log } from './log.ts';

/** What a daemon reports to its service manager; nothing where there is none. */
export interface Notifier {
  /** Says that the daemon serves, and starts to feed the watchdog. */
  ready(says: string): Promise<void>;
  /** Says that the daemon ends, and lets the watchdog be. */
  stopping(): Promise<void>;
}

const silent: Notifier = { ready: async () => {}, stopping: async () => {} };

/** How long `systemd-notify` may take: it waits until the manager has read the message. */
const notifyMs = 10_000;

/**
 * Talks to systemd when it started us (sd_notify(3)) through `systemd-notify`: Node has no datagram
 * sockets. The event loop feeds the watchdog, so that systemd restarts a daemon whose loop hangs.
 */
export function openNotifier(environment: NodeJS.ProcessEnv, log: Log): Notifier {
  if (!environment['NOTIFY_SOCKET']) return silent;
  const send = (...words: readonly string[]): Promise<void> => notify(words, environment, log);
  let watchdog: NodeJS.Timeout | undefined;
  return {
    async ready(says) {
      await send('READY=1', `STATUS=${says.replaceAll('\n', ' ')}`);
      const intervalMs = watchdogMs(environment);
      if (intervalMs > 0) watchdog = setInterval(() => void send('WATCHDOG=1'), intervalMs / 3).unref();
    },
    async stopping() {
      clearInterval(watchdog);
      await send('STOPPING=1');
    },
  };
}

/** The interval of the watchdog; 0 when systemd asks for none (sd_watchdog_enabled(3)). */
function watchdogMs(environment: NodeJS.ProcessEnv): number {
  const forAnother = environment['WATCHDOG_PID'] !== undefined && environment['WATCHDOG_PID'] !== String(process.pid);
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? 0);
  return forAnother || !Number.isFinite(microseconds) ? 0 : microseconds / 1_000;
}

/**
 * Sends a notification; a lost one is no failure, as systemd acts itself when READY or WATCHDOG
 * stay away.
 */
async function notify(words: readonly string[], environment: NodeJS.ProcessEnv, log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    execFile('systemd-notify', [...words], { env: environment, timeout: notifyMs }, (error) => {
      if (error) log.warn({ error }, 'systemd could not be notified');
      resolve();
    });
  });
}
