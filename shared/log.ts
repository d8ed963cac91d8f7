import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import { Problem } from './problem.ts';

/** How much a daemon writes, from most to least. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What is written to the log; every daemon has one, and hands children of it to its parts. */
export type Log = Logger;

/** Fields whose values never reach the log, at the top and one or two levels down. */
const secretFields = [
  'password',
  'passphrase',
  'secret',
  'token',
  'pairingCode',
  'privateKey',
  'authorization',
  'Authorization',
  'x-auth-token',
  'X-Auth-Token',
  'x-subject-token',
  'application_credential_secret',
];

/**
 * Makes the daemon's log: one JSON object a line on stderr, where journald collects it. Secret
 * fields become stars; a Problem is written with its code, hint and causes.
 */
export function openLog(name: string, level: LogLevel, to: DestinationStream = destination({ fd: 2, sync: true })): Log {
  return pino(
    {
      name,
      level,
      messageKey: 'says',
      errorKey: 'error',
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      base: { pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap(places), censor: '***' },
      serializers: { error: describe, err: describe, problem: describe },
    },
    to,
  );
}

function places(field: string): string[] {
  const name = `["${field}"]`;
  return [name, `*${name}`, `*.*${name}`];
}

function describe(thrown: unknown): object {
  if (thrown instanceof Problem) {
    // Only a defect of ours needs its stack; every other problem is explained by its sentence and
    // causes.
    const stack = thrown.code === 'E_BUG' ? { stack: thrown.stack } : {};
    return { ...thrown.toJSON(), ...stack, ...(thrown.cause === undefined ? {} : { cause: describe(thrown.cause) }) };
  }
  if (thrown instanceof Error) return stdSerializers.err(thrown);
  return { says: String(thrown) };
}
