import type { z } from 'zod';
import type { ProblemCode } from '../../shared/problem.ts';

/** One of the two daemons. */
export type Side = 'sender' | 'receiver';

/** Who says a message: one side, or either. */
type From = Side | 'either';

/**
 * When a message may be said: as the greeting itself, any time after it, or only once a campaign is
 * open.
 */
type Phase = 'greeting' | 'ready' | 'campaign';

/** What is declared of every message. */
interface Said<F extends From, P extends z.ZodType> {
  /** The side that says it. */
  readonly from: F;
  /** The first release of the major that knows it, counted from 1. */
  readonly since: number;
  readonly phase: Phase;
  /** One sentence; SPEC.md repeats it word for word. */
  readonly purpose: string;
  /** What happens when it is said twice. */
  readonly repeatable: string;
  readonly params: P;
}

/** What is declared of a message with an answer beyond that. */
interface Answered {
  /**
   * `soon`: within the request limit; `when-done`: whenever the work is done, guarded by the
   * heartbeat alone.
   */
  readonly answered: 'soon' | 'when-done';
  /** The problems it is answered with, beyond those that answer any request. */
  readonly problems: readonly ProblemCode[];
}

/** A message with an answer. */
export interface Request<F extends From, P extends z.ZodType, R extends z.ZodType> extends Said<F, P>, Answered {
  readonly kind: 'request';
  readonly result: R;
}

/** A message whose answer is a binary frame. */
export interface Pull<F extends From, P extends z.ZodType> extends Said<F, P>, Answered {
  readonly kind: 'pull';
}

/** A message without an answer. */
export interface Notice<F extends From, P extends z.ZodType> extends Said<F, P> {
  readonly kind: 'notice';
}

/** Any message. */
export type Message = Request<From, z.ZodType, z.ZodType> | Pull<From, z.ZodType> | Notice<From, z.ZodType>;

/** Declares a message with an answer. */
export function request<F extends From, P extends z.ZodType, R extends z.ZodType>(
  message: Omit<Request<F, P, R>, 'kind'>,
): Request<F, P, R> {
  return { kind: 'request', ...message };
}

/** Declares a message whose answer is a binary frame. */
export function pull<F extends From, P extends z.ZodType>(message: Omit<Pull<F, P>, 'kind'>): Pull<F, P> {
  return { kind: 'pull', ...message };
}

/** Declares a message without an answer. */
export function notice<F extends From, P extends z.ZodType>(message: Omit<Notice<F, P>, 'kind'>): Notice<F, P> {
  return { kind: 'notice', ...message };
}
