import type { ResourceOf } from '../../../model/resource.ts';
import type { BuildContext, Differences } from '../../destination-cloud.ts';
import { type Grant, type GrantPlace, grantFor, grantRole, isGranted, type NoGrant, revokeRole } from '../grants.ts';
import { readProject } from '../project.ts';
import { equal, type Family } from './family.ts';
import type { Site } from './site.ts';

/** What stands in the ledger for an assignment that becomes no grant. */
const nothing = 'none';

/** What each reason without a grant says. */
const reasons: Readonly<Record<NoGrant, string>> = {
  skipped: 'the plan skips it',
  'no holder': 'nobody there has this name',
  'no role': 'the role does not exist there',
  admin: 'the role admin is granted only to whom the plan maps',
};

/**
 * Roles in the project. A grant carries no stamp, and Keystone takes a second one like the first:
 * only what was not there a moment before is granted and is ours. One that is there when it should
 * be granted may be somebody else’s, even where an earlier attempt was cut off: it stays for ever.
 */
export const roleAssignment: Family<'role_assignment'> = {
  async ensure(site, resource, context) {
    const { place, grant } = await wantedThere(site, resource, context);
    if (typeof grant === 'string') return { id: nothing, how: 'adopted' };
    const id = idOfGrant(grant);
    if (await isGranted(site.session, place, grant, context.signal)) return { id, how: 'adopted' };
    await grantRole(site.session, place.projectId, grant, context.signal);
    return { id, how: 'created' };
  },

  // One that was never confirmed may have been somebody else's.
  find: async () => null,

  async occupied(site, resource, context) {
    const { place, grant } = await wantedThere(site, resource, context);
    return typeof grant !== 'string' && (await isGranted(site.session, place, grant, context.signal));
  },

  async differences(site, resource, _id, context) {
    const { place, grant } = await wantedThere(site, resource, context);
    if (typeof grant === 'string') return notGranted(grant);
    const isThere = await isGranted(site.session, place, grant, context.signal);
    return isThere ? equal : { fatal: [], told: ['the grant is not there'] };
  },

  async remove(site, id, _campaign, { signal }) {
    const grant = grantOfId(id);
    return grant !== null && revokeRole(site.session, await site.projectId(signal), grant, signal);
  },
};

/** Of what counts as adopted only a fatal difference is reported, and it stops nothing. */
function notGranted(why: NoGrant): Differences {
  const says = [`${reasons[why]}: the grant is not there`];
  return why === 'skipped' ? { fatal: [], told: says } : { fatal: says, told: [] };
}

/** Where roles are granted in the destination’s project. */
export async function grantPlace(site: Site, signal: AbortSignal): Promise<GrantPlace> {
  const projectId = await site.projectId(signal);
  return { projectId, domainId: (await readProject(site.session, projectId, signal))?.domain_id ?? null };
}

async function wantedThere(
  site: Site,
  resource: ResourceOf<'role_assignment'>,
  { mappings, signal }: BuildContext,
): Promise<{ readonly place: GrantPlace; readonly grant: Grant | NoGrant }> {
  const place = await grantPlace(site, signal);
  return { place, grant: await grantFor(site.session, place, resource, mappings, signal) };
}

function idOfGrant({ holder, holderId, roleId }: Grant): string {
  return `${holder}:${holderId}:${roleId}`;
}

function grantOfId(id: string): Grant | null {
  const [holder, holderId = '', roleId = ''] = id.split(':');
  if (holder !== 'users' && holder !== 'groups') return null;
  return holderId === '' || roleId === '' ? null : { holder, holderId, roleId };
}
