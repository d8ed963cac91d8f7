import type { z } from 'zod';

/** One command of a daemon, as the control socket offers it: what it is told, and what it does. */
export interface Route {
  readonly params: z.ZodType;
  /** Answers once; or, as an async iterable, goes on answering until its reader leaves. `body` is there where the route takes bytes. */
  readonly run: (params: never, signal: AbortSignal, body: AsyncIterable<Buffer>) => Promise<unknown> | AsyncIterable<unknown>;
  /** What goes over as plain bytes, of whatever length: the request's body (the parameters are in its query then), or the answer. */
  readonly bytes?: 'taken' | 'given';
}

/** A daemon's commands by name. */
export type Routes = Readonly<Record<string, Route>>;

/** Keeps the type of the parameters together with the function that takes them. */
export function route<P>(
  params: z.ZodType<P>,
  run: (params: P, signal: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>,
): Route {
  return { params, run };
}

/** A command that takes bytes, beside its parameters. */
export function takes<P>(
  params: z.ZodType<P>,
  run: (params: P, signal: AbortSignal, body: AsyncIterable<Buffer>) => Promise<unknown> | AsyncIterable<unknown>,
): Route {
  return { params, run, bytes: 'taken' };
}

/** A command whose answer is bytes. What fails on the way is told in the trailer. */
export function gives<P>(params: z.ZodType<P>, run: (params: P, signal: AbortSignal) => AsyncIterable<Buffer>): Route {
  return { params, run, bytes: 'given' };
}

/** The trailer that holds the problem which ended an answer of bytes, as JSON in base64. */
export const problemTrailer = 'x-godwit-problem';

/** Longest request or answer: the document of a tenant of some ten thousand resources. */
export const longestBytes = 64 * 1024 * 1024;
