import type { z } from 'zod';

/** One command of a daemon, as the control socket offers it: what it is told, and what it does. */
export interface Route {
  readonly params: z.ZodType;
  /** Answers once; or, as an async iterable, goes on answering until its reader leaves. */
  readonly run: (params: never, signal: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>;
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

/** Longest request or answer: the document of a tenant of some ten thousand resources. */
export const longestBytes = 64 * 1024 * 1024;
