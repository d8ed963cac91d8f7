import type { z } from 'zod';
import * as campaign from './messages/campaign.ts';
import * as cloud from './messages/cloud.ts';
import * as disk from './messages/disk.ts';
import * as document from './messages/document.ts';
import type { Message, Side } from './messages/message.ts';
import type { ArrivedPieces, PackedPieces } from './messages/packed.ts';
import * as resource from './messages/resource.ts';
import * as server from './messages/server.ts';
import * as session from './messages/session.ts';

/** The protocol on one page: every message by its wire name. */
export const messages = {
  'session.hello': session.hello,
  'session.join': session.join,
  'session.goodbye': session.goodbye,
  'cloud.facts': cloud.facts,
  'document.part': document.part,
  'campaign.preflight': campaign.preflight,
  'campaign.open': campaign.open,
  'campaign.configure': campaign.configure,
  'campaign.completed': campaign.completed,
  'campaign.commit': campaign.commit,
  'campaign.remove': campaign.remove,
  'campaign.prove': campaign.prove,
  'resource.prepare': resource.prepare,
  'resource.ensure': resource.ensure,
  'resource.remove': resource.remove,
  'resource.compare': resource.compare,
  'resource.built': resource.built,
  'disk.offer': disk.offer,
  'disk.page': disk.page,
  'disk.hole': disk.hole,
  'disk.refine': disk.refine,
  'disk.pull': disk.pull,
  'disk.seal': disk.seal,
  'disk.verify': disk.verify,
  'server.health': server.health,
  'server.watch': server.watch,
  'server.completed': server.completed,
} as const satisfies Record<string, Message>;

type Messages = typeof messages;

/** The wire name of a message. */
export type Name = keyof Messages;

/** What a message carries. */
export type Params<N extends Name> = z.output<Messages[N]['params']>;

/** The messages one side may say. */
export type SaidBy<S extends Side> = { [N in Name]: Messages[N]['from'] extends S | 'either' ? N : never }[Name];

/** The messages that have an answer. */
export type Requests = { [N in Name]: Messages[N] extends { readonly kind: 'notice' } ? never : N }[Name];

/** What a request is answered with. */
export type Result<N extends Requests> = Messages[N] extends { readonly result: infer R extends z.ZodType }
  ? z.output<R>
  : ArrivedPieces;

/** What a handler answers a request with. */
type HandlerAnswer<N extends Requests> = Messages[N] extends { readonly kind: 'pull' } ? PackedPieces : Result<N>;

/** What a handler gets beside the params: `signal` aborts when the connection is over. */
export interface Context {
  readonly signal: AbortSignal;
}

/** The messages that the connection itself hears. */
type HeardByConnection = {
  [N in Name]: Messages[N] extends { readonly heardBy?: 'connection' } ? N : never;
}[Name];

/**
 * What a side must be able to answer: every message the other side may say, but those that the
 * connection itself hears.
 */
export type Handlers<S extends Side> = {
  readonly [N in Exclude<SaidBy<S extends 'sender' ? 'receiver' : 'sender'>, HeardByConnection>]: N extends Requests
    ? (params: Params<N>, context: Context) => Promise<HandlerAnswer<N>>
    : (params: Params<N>, context: Context) => Promise<void>;
};

/** Whether a name off the wire is a message of this release. */
export function isName(name: string): name is Name {
  return Object.hasOwn(messages, name);
}
