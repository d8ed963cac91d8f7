import type { z } from 'zod';
import type { ProblemCode } from '../../shared/problem.ts';

/** One of the two daemons. */
export type Side = 'sender' | 'receiver';

/** Who says a message: one side, or either. */
type SaidFrom = Side | 'either';

/**
 * When a message may be said: as the greeting itself, any time after it, or only once a campaign is
 * open.
 */
type WhenSaid = 'greeting' | 'ready' | 'campaign';

/** What hears a message: the connection itself, or a handler of the daemon. */
type HeardBy = 'connection' | 'handler';

/**
 * What is declared of every message. `since`, `purpose` and `repeatable` have no reader in the
 * product: they are for whoever changes the message, and a test compares SPEC.md with them.
 */
interface SaidMessage<F extends SaidFrom, P extends z.ZodType, H extends HeardBy> {
  /** The side that says it. */
  readonly from: F;
  /** The first release of the major that knows it, counted from 1. */
  readonly since: number;
  readonly when: WhenSaid;
  /** One sentence. */
  readonly purpose: string;
  /** What happens when it is said twice. */
  readonly repeatable: string;
  readonly params: P;
  /** A handler, where nothing is declared. */
  readonly heardBy?: H;
  /** It only opens the connection, so its answer counts as no progress. */
  readonly opens?: true;
  /** Its answer binds the connection to the campaign that it names. */
  readonly binds?: 'campaign';
  /** It may be said on a lane too. */
  readonly onLane?: true;
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
export interface Request<F extends SaidFrom, P extends z.ZodType, R extends z.ZodType, H extends HeardBy = 'handler'>
  extends SaidMessage<F, P, H>,
    Answered {
  readonly kind: 'request';
  readonly result: R;
}

/** A message whose answer is a binary frame. */
export interface Pull<F extends SaidFrom, P extends z.ZodType> extends SaidMessage<F, P, 'handler'>, Answered {
  readonly kind: 'pull';
}

/** A message without an answer. */
export interface Notice<F extends SaidFrom, P extends z.ZodType, H extends HeardBy = 'handler'> extends SaidMessage<F, P, H> {
  readonly kind: 'notice';
}

/** Any message. */
export type Message =
  | Request<SaidFrom, z.ZodType, z.ZodType, HeardBy>
  | Pull<SaidFrom, z.ZodType>
  | Notice<SaidFrom, z.ZodType, HeardBy>;

/** Declares a message with an answer. */
export function request<F extends SaidFrom, P extends z.ZodType, R extends z.ZodType, H extends HeardBy = 'handler'>(
  message: Omit<Request<F, P, R, H>, 'kind'>,
): Request<F, P, R, H> {
  return { kind: 'request', ...message };
}

/** Declares a message whose answer is a binary frame. */
export function pull<F extends SaidFrom, P extends z.ZodType>(message: Omit<Pull<F, P>, 'kind'>): Pull<F, P> {
  return { kind: 'pull', ...message };
}

/** Declares a message without an answer. */
export function notice<F extends SaidFrom, P extends z.ZodType, H extends HeardBy = 'handler'>(
  message: Omit<Notice<F, P, H>, 'kind'>,
): Notice<F, P, H> {
  return { kind: 'notice', ...message };
}
