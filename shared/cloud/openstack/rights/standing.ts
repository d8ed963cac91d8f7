import { Problem } from '../../../problem.ts';
import { type ApiService, isListed } from '../session/catalogue.ts';
import type { CloudSide } from '../session/refusal.ts';
import type { CloudSession } from '../session/session.ts';
import type { Token } from '../session/token.ts';
import { ladder, type RightsStep, sideRoles } from './ladder.ts';

/** A harmless read that the default policies keep for a step of the ladder and those above. */
interface RightsProof {
  readonly role: string;
  readonly service: ApiService;
  readonly path: string;
  readonly query: (token: Token) => Readonly<Record<string, string | number>>;
  /** What the answer shows that the credentials may do. */
  readonly may: string;
}

/**
 * Reads that are refused below their step. Neutron has none: a list that one may not read is empty
 * there. What a member may do more than a reader are writes, which no read shows.
 */
const proofs: readonly RightsProof[] = [
  { role: 'reader', service: 'compute', path: '/servers', query: () => ({ limit: 1 }), may: 'list servers' },
  { role: 'reader', service: 'volume', path: '/volumes', query: () => ({ limit: 1 }), may: 'list volumes' },
  { role: 'reader', service: 'image', path: '/images', query: () => ({ limit: 1 }), may: 'list images' },
  // nova/policies/hypervisors.py, keystone/common/policies/role_assignment.py
  { role: 'admin', service: 'compute', path: '/os-hypervisors', query: () => ({ limit: 1 }), may: 'list the hosts' },
  {
    role: 'admin',
    service: 'identity',
    path: '/role_assignments',
    query: ({ projectId }) => ({ 'scope.project.id': projectId }),
    may: 'list who has roles in the project',
  },
];

/** How long a cloud may take to answer one of them: milliseconds. */
const patienceMs = 5_000;

/** On which step credentials are, in sentences, and what to do where it is too low. */
export interface RightsStanding {
  readonly says: readonly string[];
  readonly remedy?: string | undefined;
}

/**
 * Finds the step of a token by its roles and by what the services let it read. Only reads. A cloud
 * that has changed its policies is not contradicted: what differs from the defaults is named.
 */
export async function standingOf(session: CloudSession, side: CloudSide, signal: AbortSignal): Promise<RightsStanding> {
  const token = await session.token(signal);
  const held = new Set(token.roles.map((role) => role.toLowerCase()));
  const at = ladder.findLastIndex(({ role }) => held.has(role));
  const unusual: string[] = [];
  for (const proof of proofs) {
    const allowed = await isAllowed(session, token, proof, signal);
    const isDefault = at >= ladder.findIndex(({ role }) => role === proof.role);
    if (allowed === null || allowed === isDefault) continue;
    unusual.push(`${allowed ? 'may' : 'may not'} ${proof.may}, other than by the default policies`);
  }
  const higher = ladder.slice(at + 1);
  const beside = side === 'source' ? addedBeside(session, token, held) : [];
  return { says: [rungOf(at), ...unusual, ...higher.map((step) => addedBy(step, side)), ...beside], remedy: remedyAt(at, side) };
}

function rungOf(at: number): string {
  const names = ladder.map(({ role }) => role).join(', ');
  const step = ladder[at];
  if (step !== undefined) return `rights: ${step.role}, step ${at + 1} of ${names}`;
  return `rights: none of the roles ${names}; a cloud with its own policies, or those from before them, may count others`;
}

function addedBy({ role, adds }: RightsStep, side: CloudSide): string {
  const more = adds[side];
  return more.length === 0 ? `${role} would add nothing that Godwit does` : `${role} would add: ${more.join('; ')}`;
}

function addedBeside({ access }: CloudSession, { catalogue }: Token, held: ReadonlySet<string>): string[] {
  return sideRoles.flatMap(({ role, above, service, source }) =>
    [role, ...above].some((one) => held.has(one)) || !isListed(access, catalogue, service)
      ? []
      : [`${role} would add: ${source}`],
  );
}

/**
 * Services that still count the rules from before the default roles take a reader, and any other
 * role, for a member (oslo.policy, `enforce_new_defaults`; on by default since 2024.2).
 */
function remedyAt(at: number, side: CloudSide): string | undefined {
  if (at >= ladder.findIndex(({ role }) => role === 'member')) return undefined;
  const needs = side === 'source' ? 'stops and copies servers' : 'builds';
  return `a plan can be made; to move, the user needs the role member, unless the policies of the cloud are older than the default roles: a reader ${needs} nothing`;
}

/** Whether a read is answered; null where the cloud cannot be asked for it now. */
async function isAllowed(
  session: CloudSession,
  token: Token,
  { service, path, query }: RightsProof,
  signal: AbortSignal,
): Promise<boolean | null> {
  // Every cloud has Keystone, listed or not.
  if (service !== 'identity' && !(await session.has(service, signal))) return null;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  try {
    const { status } = await session.call({ method: 'GET', service, path, query: query(token), tolerate: [403], signal: soon });
    return status !== 403;
  } catch (error) {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    return null;
  }
}
