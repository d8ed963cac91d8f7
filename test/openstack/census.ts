/**
 * All that a project holds, as python3-openstackclient prints it: no code of Godwit takes part, so
 * that it can prove that Godwit is right.
 */
import { type Account, openstackBatch } from './lab.ts';

/** One thing as `openstack … show` prints it. */
export interface Thing {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

/**
 * What is asked for, in the client's words: `openstack <kind> list` names things, `openstack <kind>
 * show` describes them.
 */
export const kinds = [
  'network',
  'subnet',
  'router',
  'port',
  'security group',
  'floating ip',
  'keypair',
  'server',
  'image',
  'volume',
  'volume snapshot',
  'server group',
] as const;

/** One of the client's kinds of thing. */
export type Kind = (typeof kinds)[number];

/**
 * Everything of a project by kind. External networks and resources of others are kept apart: only
 * their names are used.
 */
export interface Census {
  readonly own: Readonly<Record<Kind, readonly Thing[]>>;
  readonly foreign: readonly Thing[];
}

/** The client lists public images to everybody; a project's own are private. */
const listOptions: Partial<Record<Kind, readonly string[]>> = { image: ['--private'] };

/** Keys and images tell no project to their owner; all that is listed is his. */
const unowned: readonly Kind[] = ['keypair', 'server', 'image', 'volume', 'volume snapshot', 'server group'];

/** Asks the client for everything a project holds. */
export async function takeCensus(account: Account): Promise<Census> {
  const [issued, ...lists] = await openstackBatch(account, [
    ['token', 'issue', '-f', 'json'],
    ...kinds.map((kind) => [...kind.split(' '), 'list', ...(listOptions[kind] ?? []), '-f', 'json']),
  ]);
  const { project_id: project } = JSON.parse(issued ?? '') as { project_id: string };
  const named = kinds.flatMap((kind, index) => idsIn(lists[index] ?? '[]').map((id) => ({ kind, id })));
  const shown = await openstackBatch(
    account,
    named.map(({ kind, id }) => [...kind.split(' '), 'show', '-f', 'json', '--', id]),
  );
  const keys = named.filter(({ kind }) => kind === 'keypair');
  const publicKeys = await openstackBatch(
    account,
    keys.map(({ id }) => ['keypair', 'show', '--public-key', '--', id]),
  );
  const things = named.map(({ kind, id }, index) => {
    const thing = JSON.parse(shown[index] ?? '') as Thing;
    const key = keys.findIndex((one) => kind === 'keypair' && one.id === id);
    return { kind, thing: key < 0 ? thing : { ...thing, public_key: publicKeys[key]?.trim() } };
  });
  const isOwn = ({ kind, thing }: (typeof things)[number]): boolean => unowned.includes(kind) || thing['project_id'] === project;
  return {
    own: Object.fromEntries(
      kinds.map((kind) => [kind, things.filter((one) => one.kind === kind && isOwn(one)).map(({ thing }) => thing)]),
    ) as Record<Kind, Thing[]>,
    foreign: things.filter((one) => !isOwn(one)).map(({ thing }) => thing),
  };
}

function idsIn(list: string): string[] {
  return (JSON.parse(list) as Readonly<Record<string, string>>[]).map((row) => row['ID'] ?? row['Name'] ?? '');
}

/**
 * The cloud makes ports for DHCP and metadata for itself, at any time and at any free address; some
 * releases show the port of a floating IP too, which is compared as that.
 */
export function isTenants(kind: Kind, thing: Thing): boolean {
  return kind !== 'port' || !/^network:(dhcp|distributed|floatingip)$/.test(String(thing['device_owner']));
}

/**
 * The ids of everything a tenant has, each with its kind, sorted: two lists are equal exactly when
 * nothing came and nothing went.
 */
export function idsOf({ own }: Census): string[] {
  const rules = own['security group'].flatMap((group) => (group['rules'] as Thing[]).map(({ id }) => `rule ${id}`));
  const things = kinds.flatMap((kind) => own[kind].filter((thing) => isTenants(kind, thing)).map(({ id }) => `${kind} ${id}`));
  return [...things, ...rules].sort();
}
