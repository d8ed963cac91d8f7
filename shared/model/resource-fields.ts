import { z } from 'zod';
import { charactersIn } from './characters.ts';

/**
 * The kinds of resource, in no order: `needs` decides what is built first. A router's gateway,
 * interfaces and static routes are resources of their own, because each needs something else.
 */
export const kinds = [
  'project',
  'quota_set',
  'qos_policy',
  'network',
  'address_scope',
  'subnet_pool',
  'subnet',
  'router',
  'gateway',
  'interface',
  'routes',
  'address_group',
  'security_group',
  'security_group_rule',
  'rbac_policy',
  'role_assignment',
  'dns_zone',
  'dns_record_set',
  'port',
  'trunk',
  'floating_ip',
  'port_forwarding',
  'keypair',
  'server_group',
  'flavor',
  'image',
  'disk',
  'volume',
  'server',
] as const;

/** One kind of resource. */
export type Kind = (typeof kinds)[number];

/** Whether a word is a kind that this release knows. */
export function isKind(word: string): word is Kind {
  return (kinds as readonly string[]).includes(word);
}

/** A resource's name in one cloud: kind, slash, the cloud's own id. Opaque outside its provider. */
export type Ref = `${Kind}/${string}`;

/**
 * Ids come from clouds: one path segment, so that a ref, a marker or a folder is never more than it
 * seems.
 */
export const Id = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\\\p{Cc}]+$/u, 'must not contain slashes, backslashes or control characters')
  .refine((id) => id !== '.' && id !== '..', 'must not be . or ..');

/** A ref in documents and messages. */
export const Ref = z
  .templateLiteral([z.enum(kinds), '/', z.string().min(1).max(255)])
  .refine((ref) => Id.safeParse(ref.slice(ref.indexOf('/') + 1)).success, 'the id after the slash is not a plain id');

/** Makes the ref of an id. */
export function refOf(kind: Kind, id: string): Ref {
  return `${kind}/${id}`;
}

/** The id inside a ref. */
export function idOf(ref: Ref): string {
  return ref.slice(ref.indexOf('/') + 1);
}

/** The kind inside a ref. */
export function kindOf(ref: Ref): Kind {
  return ref.slice(0, ref.indexOf('/')) as Kind;
}

/** Longest name or tag: characters, each of at most two units of UTF-16. */
const longestName = 255;

/** A name as clouds have it; it may be empty. */
const ResourceName = z
  .string()
  .max(2 * longestName)
  .refine((name) => charactersIn(name) <= longestName, `must have at most ${longestName} characters`);
/** The tags that people gave a resource. */
export const Tags = z.array(ResourceName).default([]);

/** What every resource has. `needs` lists the refs that must exist before it can be built. */
export const common = { id: Id, name: ResourceName, needs: z.array(Ref).default([]) };
/** What a resource has that people describe and tag. */
export const described = { ...common, description: z.string().default(''), tags: Tags };
