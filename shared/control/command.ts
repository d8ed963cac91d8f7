import type { z } from 'zod';
import type { ExitOfProblem } from '../problem.ts';

/** How a command answers: once, as a stream, with bytes, or as a stream while it takes bytes. */
type CommandKind = 'once' | 'stream' | 'download' | 'upload';

/**
 * A command of a daemon. `P`: its params; `C`: what the daemon gives it to work with; `A`: its
 * answer.
 */
export interface Command<K extends CommandKind, P extends z.ZodType, C, A> {
  readonly kind: K;
  /** Its effect in plain English; the help of the command line shows it word for word. */
  readonly does: string;
  /**
   * The exit statuses of its failures, beside those that every command of a daemon has; the help
   * lists both.
   */
  readonly exits?: readonly ExitOfProblem[];
  readonly params: P;
  /** `signal` aborts when the caller leaves or the daemon stops; only an upload has `bytes`. */
  readonly run: (params: z.output<P>, context: C, signal: AbortSignal, bytes: AsyncIterable<Buffer>) => A;
}

/** What a command is declared with: everything but its kind. */
type Declared<P extends z.ZodType, C, A> = Omit<Command<CommandKind, P, C, A>, 'kind'>;

/** A command that answers once. */
export function command<P extends z.ZodType, C, R>(declared: Declared<P, C, Promise<R>>): Command<'once', P, C, Promise<R>> {
  return { kind: 'once', ...declared };
}

/** A command that answers with a stream, until its caller leaves. */
export function stream<P extends z.ZodType, C, R>(
  declared: Declared<P, C, AsyncIterable<R>>,
): Command<'stream', P, C, AsyncIterable<R>> {
  return { kind: 'stream', ...declared };
}

/** A command whose answer is bytes, of whatever length. */
export function download<P extends z.ZodType, C>(
  declared: Declared<P, C, AsyncIterable<Buffer>>,
): Command<'download', P, C, AsyncIterable<Buffer>> {
  return { kind: 'download', ...declared };
}

/** A command that takes bytes, of whatever length, and reports its progress meanwhile. */
export function upload<P extends z.ZodType, C, R>(
  declared: Declared<P, C, AsyncIterable<R>>,
): Command<'upload', P, C, AsyncIterable<R>> {
  return { kind: 'upload', ...declared };
}

/** Any command that runs with a context `C`. */
export interface AnyCommand<C = never> extends Omit<Command<CommandKind, z.ZodType, C, unknown>, 'run'> {
  readonly run: (
    params: never,
    context: C,
    signal: AbortSignal,
    bytes: AsyncIterable<Buffer>,
  ) => Promise<unknown> | AsyncIterable<unknown>;
}

/** A daemon's commands by name: the control socket serves exactly these. */
export type Commands<C = never> = Readonly<Record<string, AnyCommand<C>>>;
