import { raisesOf } from '../../../model/quota-set.ts';
import type { Replaced } from '../../../model/replaced.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import { compare } from '../attributes/differences.ts';
import {
  checkedLimits,
  type QuotaLimits,
  type QuotaService,
  quotaServices,
  raisedTooFar,
  readLimits,
  readUsed,
  writeLimits,
} from '../limits.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';

/**
 * Quotas of the project: those that are lower than the source's are raised, and no other. The
 * ledger has what they were, and a removal puts back what nobody changed since.
 */
export const quotaSet: Family<'quota_set'> = {
  async ensure(site, resource, context) {
    const { id } = resource;
    const noted = context.replaced as Replaced<number> | undefined;
    const wanted = noted ?? (await raises(site, resource, context)) ?? {};
    const there = await limitsOf(site, id, context.signal);
    const lacking = Object.entries(wanted).filter(([name, { was }]) => there?.[name] === was);
    mustMayRaise(site, resource, Object.fromEntries(lacking));
    if (lacking.length > 0)
      await write(site, id, Object.fromEntries(lacking.map(([name, { is }]) => [name, is])), { signal: context.signal });
    if (Object.keys(wanted).length === 0) return { id, how: 'adopted' };
    return { id, how: lacking.length > 0 ? 'created' : 'found' };
  },

  find: async (_site, { id }, { replaced = {} }) => (Object.keys(replaced).length > 0 ? id : null),

  replaces: (site, resource, context) => raises(site, resource, context),

  async differences(site, { id, limits }, _id, { signal }) {
    const there = await limitsOf(site, id, signal);
    if (there === null) return gone('quotas of', id);
    const lower = Object.entries(raisesOf(limits, there)).map(([name, { was, is }]) => [name, [is, was]] as const);
    return { fatal: [], told: compare(Object.fromEntries(lower)) };
  },

  async remove(site, id, _campaign, { signal }, _ref, replaced = {}) {
    const there = (await limitsOf(site, id, signal)) ?? {};
    const used = isService(id) ? await readUsed(site.session, id, await site.projectId(signal), signal) : {};
    const ours = Object.entries(replaced as Replaced<number>)
      .filter(([name, { is }]) => there[name] === is)
      .map(([name, { was, is }]) => [name, putBack(was, is, used[name])] as const)
      .filter(([name, back]) => back !== there[name]);
    if (ours.length === 0) return false;
    await write(site, id, Object.fromEntries(ours), {
      signal,
      force: await knowsForce(site, id, signal),
    });
    return true;
  },
};

/** What was there, but not less than what is used by then, nor more than what is there. */
function putBack(was: number, is: number, used = 0): number {
  if (was < 0) return was;
  return is < 0 ? Math.max(was, used) : Math.min(is, Math.max(was, used));
}

async function raises(
  site: Site,
  { id, limits }: ResourceOf<'quota_set'>,
  { signal }: BuildContext,
): Promise<Replaced<number> | undefined> {
  const there = await limitsOf(site, id, signal);
  return there === null ? undefined : raisesOf(limits, there);
}

/** Throws E_FORBIDDEN where the receiver's configuration allows less; a plan was told so before. */
function mustMayRaise(site: Site, { id }: ResourceOf<'quota_set'>, raises: Replaced<number>): void {
  const refused = raisedTooFar(site.allow, raises);
  if (refused === '') return;
  throw new Problem('E_FORBIDDEN', `The receiver's configuration does not allow to raise quotas so far: ${refused}.`, {
    about: refOf('quota_set', id),
    hint: 'Let the plan keep the quotas, or raise them there, or change `cloud.settings.allow.quotas` in receiver.yaml.',
  });
}

function isService(id: string): id is QuotaService {
  return (quotaServices as readonly string[]).includes(id);
}

/** The limits of the destination's project in a service; null where it does not tell them. */
export async function limitsOf(site: Site, id: string, signal: AbortSignal): Promise<QuotaLimits | null> {
  return isService(id) ? await readLimits(site.session, id, await site.projectId(signal), signal) : null;
}

async function knowsForce(site: Site, id: string, signal: AbortSignal): Promise<boolean> {
  return id === 'compute' || (id === 'network' && (await site.offers(checkedLimits, signal)));
}

async function write(
  site: Site,
  id: string,
  limits: QuotaLimits,
  how: { readonly signal: AbortSignal; readonly force?: boolean },
): Promise<void> {
  if (isService(id)) await writeLimits(site.session, id, await site.projectId(how.signal), limits, how);
}
