import { inParallel } from '../../../concurrency/parallel.ts';
import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { Problem } from '../../../problem.ts';
import type { ApiPerson, ApiThing } from '../api.ts';
import { listKeypairs } from '../facts/facts.ts';
import { isListed, isOffered, listedAt } from '../session/catalogue.ts';
import { listIfThere } from '../session/list-if-there.ts';
import type { CloudSession } from '../session/session.ts';
import type { Token } from '../session/token.ts';
import type { Contents } from './contents.ts';
import { applicationCredentials, ec2Credentials, trustsIn } from './delegations.ts';
import { isLookedAt, type LeftBehindKind, leftBehindKinds } from './left-behind-kinds.ts';
import { inCinder, nameOf, secretIn } from './left-behind-name.ts';
import { imagesOwned } from './own-images.ts';
import { assignmentsLeft, nobody, usersAmong } from './people.ts';
import type { Scope } from './scope.ts';

/**
 * Services that are asked at once, the time that one has, and names that a concern lists: of people
 * and secrets more.
 */
const width = 4;
const patienceMs = 10_000;
const listed = 10;
const listedMore = 50;

/** What was found of one kind; null where its service did not tell. */
type Found = readonly string[] | null;

/**
 * Reports what else the project owns, one concern for each kind: nothing of it is moved. A service
 * that does not answer is named, and stops nothing.
 */
export async function leftBehind(
  session: CloudSession,
  { scope, people, keypairs, untold, volumes }: Pick<Contents, 'scope' | 'people' | 'keypairs' | 'untold' | 'volumes'>,
  signal: AbortSignal,
  doImagesMove = false,
): Promise<Concern[]> {
  const found = new Map<string, Found>();
  const ask = async (kind: string, names: (signal: AbortSignal) => Promise<Found>): Promise<void> => {
    found.set(kind, await names(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])).catch(passed(signal)));
  };
  if (!doImagesMove) await ask('images', (soon) => imagesOf(session, scope, soon));
  const token = await session.token(signal);
  const self = { id: token.userId, name: token.userName };
  const seesOthers = scope.admin && people !== null;
  const others = scope.admin ? usersAmong(people ?? nobody).filter(({ id }) => id !== self.id) : [];
  await ask('keypairs', (soon) => keypairsLeft(session, scope, { captured: keypairs, others }, soon));
  await ask('role_assignments', async () => people && assignmentsLeft(people));
  await ask('application_credentials', (soon) => applicationCredentials(session, scope, { self, others }, soon));
  await ask('ec2_credentials', (soon) => ec2Credentials(session, scope, { self, others }, soon));
  await ask('trusts', (soon) => trustsIn(session, scope, { self, others }, soon));
  await inParallel(leftBehindKinds, width, (kind) =>
    ask(kind.kind, async (soon) => {
      const things = await thingsOf(session, scope, token, kind, soon);
      const named = (one: ApiThing): string => (kind.service === 'volume' ? inCinder(one, volumes ?? []) : nameOf(one));
      return things?.map(kind.kind === 'secrets' ? secretIn : named) ?? null;
    }),
  );
  const silent = [...found].flatMap(([kind, names]) => (names === null ? [words(kind)] : []));
  const unread = [...silent, ...(seesOthers ? [] : ['keypairs and credentials of other users']), ...untold];
  return [
    ...[...found].sort(([a], [b]) => a.localeCompare(b)).flatMap(([kind, names]) => (names?.length ? [told(kind, names)] : [])),
    ...(unread.length === 0 ? [] : [concernOfUnread(unread.sort())]),
    ...strangers(session, token),
  ];
}

/** The services of the cloud of which this release knows nothing, so that it asks them nothing. */
function strangers({ access }: CloudSession, { catalogue }: Token): Concern[] {
  const here = catalogue.map(({ type }) => type).filter((type) => isListed(access, catalogue, { types: [type], version: '' }));
  const unknown = [...new Set(here)].filter((type) => !isLookedAt(type)).sort();
  if (unknown.length === 0) return [];
  return [
    {
      code: 'left_behind.services',
      severity: 'warning',
      says: `The cloud has further services, which are not asked what the project has there (${unknown.length}): ${firstFew(unknown, listed)}.`,
      remedy: 'Look there by hand; nothing of it is moved.',
    },
  ];
}

/** Takes a service that fails for one that does not tell, unless the whole capture is cancelled. */
function passed(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    return null;
  };
}

/** The project's images, where they were not asked for: servers take their disks along. */
async function imagesOf(session: CloudSession, scope: Scope, signal: AbortSignal): Promise<Found> {
  const images = await imagesOwned(session, scope, signal);
  return images.filter((image) => image['godwit_campaign'] === undefined).map((image) => nameOf(image));
}

/**
 * The keypairs that are not captured: of our own user, one whose name another user's has; of other
 * users of the project, those that no server uses. Only an admin may see the latter.
 */
async function keypairsLeft(
  session: CloudSession,
  scope: Scope,
  { captured, others }: { readonly captured: Contents['keypairs']; readonly others: readonly ApiPerson[] },
  signal: AbortSignal,
): Promise<Found> {
  const { userId } = await session.token(signal);
  const left: string[] = [];
  for (const user of [...(scope.own ? [userId] : []), ...others.map(({ id }) => id)]) {
    const isOwn = user === userId;
    const all = await listKeypairs(session, signal, isOwn ? undefined : user);
    const stays = all.filter(({ name }) => !captured.some((pair) => pair.name === name && pair.user_id === user));
    left.push(...stays.map(({ name }) => (isOwn ? name : `${name} of user ${user}`)));
  }
  return left;
}

/** What a project has of a kind, over all pages; null where its service does not tell. */
async function thingsOf(
  session: CloudSession,
  scope: Scope,
  token: Token,
  kind: LeftBehindKind,
  signal: AbortSignal,
): Promise<readonly ApiThing[] | null> {
  const path = pathOf(session, token, kind);
  if (path === null) return [];
  const isNeutron = kind.service === 'network';
  // Other services list what is of the token's project.
  if (!scope.own && !isNeutron) return null;
  const service = typeof kind.service === 'string' ? kind.service : 'network';
  const query = isNeutron ? { project_id: scope.projectId } : {};
  const found = await listIfThere<ApiThing>(session, { service, path, key: kind.key ?? null, query }, signal);
  const { formerly } = kind;
  const older =
    formerly === undefined
      ? []
      : // Where nobody may list any, nobody may make any either: `group:nobody` in Cinder's policies.
        await listIfThere<ApiThing>(session, { service, ...formerly }, signal, [403, 404]);
  const known = new Set(found.map(({ id }) => id));
  const all = [...found, ...older.filter(({ id }) => !known.has(id))];
  return all.filter((one) => isLeft(kind.kind, one));
}

/** Where a kind is listed; null where the cloud has no such service. Throws E_ENDPOINT_MISSING. */
function pathOf({ access }: CloudSession, token: Token, { kind, service, path }: LeftBehindKind): string | null {
  if (typeof service === 'string') return isOffered(access, token, service) ? path : null;
  return isListed(access, token.catalogue, service) ? `${listedAt(access, token.catalogue, service, kind)}${path}` : null;
}

/** Every project has a firewall group `default`; not every floating IP has a name. */
function isLeft(kind: string, one: ApiThing): boolean {
  if (kind === 'pointers') return Boolean(one['ptrdname']);
  return kind !== 'firewall_groups' || one['name'] !== 'default';
}

/** What to do about kinds that nobody but their owners can make, or that need others first. */
const remedies: Readonly<Record<string, string>> = {
  role_assignments: 'Give these users and groups their roles at the destination; create there whoever is unknown.',
  application_credentials: 'Their users make new ones at the destination: a secret cannot be read again.',
  ec2_credentials: 'Their users make new ones at the destination, with other keys and secrets.',
  secrets: 'Store at the destination by hand what is needed there: what a secret holds is neither read nor written by Godwit.',
  pointers: 'Set them at the destination once the floating IPs are there: openstack ptr record set.',
  zone_transfers: 'Offer the zone anew at the destination: openstack zone transfer request create.',
  trusts: 'Who gave one gives it anew at the destination; services such as Heat do so with what is made there.',
};

function told(kind: string, names: readonly string[]): Concern {
  const most = kind === 'role_assignments' || kind === 'secrets' ? listedMore : listed;
  return {
    code: `left_behind.${kind}`,
    severity: 'warning',
    says: `The project has ${words(kind)} that are not moved (${names.length}): ${firstFew(names, most)}.`,
    remedy: remedies[kind] ?? 'Make at the destination by hand what is needed there.',
  };
}

function concernOfUnread(kinds: readonly string[]): Concern {
  return {
    code: 'left_behind.unread',
    severity: 'warning',
    says: `The cloud does not tell these credentials whether the project has any of these, which are not moved: ${kinds.join(', ')}.`,
    remedy: 'Capture with an admin’s credentials in this project, or look by hand.',
  };
}

function words(kind: string): string {
  if (kind === 'pointers') return 'names of floating IPs (PTR records)';
  return kind.replaceAll('_', ' ').replace('ec2', 'EC2');
}
