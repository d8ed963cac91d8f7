import { Problem } from '../../shared/problem.ts';
import type { Side } from '../messages/message.ts';
import { isName, messages, type Name } from '../messages.ts';

/** How far a connection has got: what may be said depends on it, on both sides alike. */
export interface ConnectionProgress {
  greeted: boolean;
  /** The campaign that the connection is bound to. */
  campaign: string | undefined;
  /** Whether it is a lane of another connection, on which nothing is said but goodbye. */
  lane: boolean;
}

/**
 * A valid message: known, from the right side, in its turn, of this campaign, and of the right
 * shape.
 */
export interface ValidMessage {
  readonly name: Name;
  readonly params: unknown;
}

/**
 * Checks a message of `from`; nothing after this checks it again. Throws the problem to answer
 * with.
 */
export function validate(name: string, params: unknown, from: Side, progress: Readonly<ConnectionProgress>): ValidMessage {
  if (!isName(name))
    throw new Problem('E_UNKNOWN_MESSAGE', `There is no message ${JSON.stringify(name.slice(0, 100))} in this release.`);
  const message = messages[name];
  if (message.from !== 'either' && message.from !== from) {
    throw new Problem('E_MALFORMED', `${name} is said by the ${message.from}, not by the ${from}.`, { about: name });
  }
  checkTurn(name, progress);
  const parsed = validatePart(name, 'params', params);
  checkCampaign(name, parsed, progress);
  return { name, params: parsed };
}

/** Throws E_OUT_OF_TURN where a message comes before its turn. */
export function checkTurn(name: Name, progress: Readonly<ConnectionProgress>): void {
  const why = whyOutOfTurn(name, progress);
  if (why !== null) throw new Problem('E_OUT_OF_TURN', `${name} is out of turn: ${why}.`, { about: name });
}

function whyOutOfTurn(name: Name, { greeted, lane, campaign }: Readonly<ConnectionProgress>): string | null {
  const { when, onLane } = messages[name];
  if (when === 'greeting') return greeted ? 'hello was said already' : null;
  if (!greeted) return 'hello comes first';
  if (lane && !onLane) return 'this connection is a lane';
  return when === 'campaign' && campaign === undefined ? 'no campaign is open on this connection' : null;
}

/**
 * Throws E_OTHER_CAMPAIGN where a message names another campaign than the one the connection is
 * bound to.
 */
export function checkCampaign(name: Name, params: unknown, progress: Readonly<ConnectionProgress>): void {
  const { campaign } = params as { campaign?: string };
  if (campaign !== undefined && progress.campaign !== undefined && campaign !== progress.campaign) {
    const says = `${name} names campaign ${campaign}; this connection is bound to ${progress.campaign}.`;
    throw new Problem('E_OTHER_CAMPAIGN', says, { about: name });
  }
}

/**
 * Reads the params or the result of a message by its schema. Throws E_MALFORMED, or the document's
 * own problem.
 */
export function validatePart(name: Name, part: 'params' | 'result', value: unknown): unknown {
  const message = messages[name];
  const schema = part === 'params' ? message.params : message.kind === 'request' ? message.result : undefined;
  const parsed = schema?.safeParse(value);
  if (parsed?.success) return parsed.data;
  const complaints = parsed?.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || part}: ${issue.message}`) ?? [];
  throw new Problem('E_MALFORMED', `The ${part} of ${name} are refused: ${complaints.join('; ').slice(0, 1000)}.`, {
    about: name,
  });
}
