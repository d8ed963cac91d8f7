import { inParallel } from '../../../concurrency/parallel.ts';
import type { Mappings } from '../../../model/mappings.ts';
import { type Ref, type Resource, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import { grantPlace } from '../builders/role-assignment.ts';
import type { Site } from '../builders/site.ts';
import { grantFor, isGranted, type NoGrant } from '../grants.ts';
import { statusOf } from '../session/refusal.ts';

/** Assignments that are looked for at once. */
const width = 4;

/** How an assignment of the source stands at the destination. */
export type AssignmentThere = 'granted' | 'lacking' | NoGrant;

/**
 * Looks for every role assignment of the plan; null where the credentials may not see those of the
 * destination. By default only an admin may (keystone/common/policies/grant.py).
 */
export async function readAssignments(
  site: Site,
  resources: readonly Resource[],
  mappings: Mappings,
  signal: AbortSignal,
): Promise<ReadonlyMap<Ref, AssignmentThere> | null> {
  const wanted = resources.flatMap((one) => (one.kind === 'role_assignment' ? [one] : []));
  const found = new Map<Ref, AssignmentThere>();
  if (wanted.length === 0) return found;
  const place = await grantPlace(site, signal);
  try {
    await inParallel(wanted, width, async (one) => {
      const grant = await grantFor(site.session, place, one, mappings, signal);
      const isThere = typeof grant !== 'string' && (await isGranted(site.session, place, grant, signal));
      found.set(refOf('role_assignment', one.id), typeof grant === 'string' ? grant : isThere ? 'granted' : 'lacking');
    });
  } catch (error) {
    if (error instanceof Problem && statusOf(error) === 403) return null;
    throw error;
  }
  return found;
}
