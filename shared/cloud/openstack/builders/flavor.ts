import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiFlavor } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { createOrFind } from '../session/late.ts';
import { listAll } from '../session/pages.ts';
import { isAdmin } from '../session/token.ts';
import { descriptionStamp } from '../stamp.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { unstamped } from './stamped.ts';

/**
 * Flavors: adopted as the plan maps them, or created where the plan says `create` and the
 * credentials allow it.
 */
export const flavor: Family<'flavor'> = {
  async ensure(site, resource, context) {
    const mapped = mappedFlavor(await listFlavors(site, context.signal), resource, context.mappings.flavors[resource.id]?.to);
    if (mapped === undefined)
      throw new Problem('E_UNMAPPED', `No flavor of the destination stands for ${resource.name}.`, {
        about: refOf('flavor', resource.id),
      });
    if (mapped !== 'create') return { id: mapped.id, how: 'adopted' };
    const earlier = await this.find(site, resource, context);
    const id =
      earlier ??
      (await createOrFind(
        () => create(site, resource, context),
        () => this.find(site, resource, context),
        context.signal,
      ));
    await equip(site, resource, id, context);
    return { id, how: earlier === null ? 'created' : 'found' };
  },

  async find(site, resource, { campaign, signal }) {
    const stamp = descriptionStamp(campaign, refOf('flavor', resource.id));
    return (await listFlavors(site, signal)).find((one) => one.description === stamp)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = (await listFlavors(site, context.signal)).find((one) => one.id === id);
    return is === undefined ? gone('flavor', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, campaign, { signal }) {
    const is = (await listFlavors(site, signal)).find((one) => one.id === id);
    if (is === undefined) return false;
    if (!(is.description ?? '').startsWith(`godwit ${campaign} `)) throw unstamped('flavor', id, campaign);
    await site.session.call({ method: 'DELETE', service: 'compute', path: `/flavors/${id}`, mayBeGone: true, signal });
    return true;
  },
};

/** Lists the flavors the credentials may see; an admin sees private ones too. */
export async function listFlavors(site: Site, signal: AbortSignal): Promise<ApiFlavor[]> {
  const query = isAdmin(await site.session.token(signal)) ? { is_public: 'none' } : {};
  return listAll<ApiFlavor>(site.session, { service: 'compute', path: '/flavors/detail', key: 'flavors', query }, signal);
}

/**
 * The flavor that a source flavor is mapped to by id or name, else the one of the same name and
 * size, else undefined.
 */
export function mappedFlavor(
  all: readonly ApiFlavor[],
  resource: ResourceOf<'flavor'>,
  to: string | undefined,
): ApiFlavor | 'create' | undefined {
  if (to === 'create') return 'create';
  if (to !== undefined) return all.find((one) => one.id === to) ?? all.find((one) => one.name === to);
  return all.find((one) => one.name === resource.name && isAs(one, resource));
}

/**
 * The current id of the flavor for a source flavor: an adopted one may have been deleted or created
 * again. Throws E_UNMAPPED.
 */
export async function presentFlavor(site: Site, resource: ResourceOf<'flavor'>, context: BuildContext): Promise<string> {
  const about = refOf('flavor', resource.id);
  const all = await listFlavors(site, context.signal);
  const built = context.built(about);
  if (all.some(({ id }) => id === built)) return built;
  const to = context.mappings.flavors[resource.id]?.to;
  const again = mappedFlavor(all, resource, to);
  if (again !== undefined && again !== 'create') return again.id;
  const name = to === undefined || to === 'create' ? resource.name : to;
  throw new Problem('E_UNMAPPED', `The flavor ${name} is gone from the destination since the campaign began.`, {
    about,
    hint: `Make ${name} again there (\`openstack flavor create\`), then \`sender resume\` at the source, or the same \`receiver import\` again here.`,
  });
}

/** The name of the flavor that a server’s became; null where that is not there any more. */
export async function presentFlavorName(
  site: Site,
  { flavor_id }: ResourceOf<'server'>,
  context: BuildContext,
): Promise<string | null> {
  const id = builtOrNull(context, refOf('flavor', flavor_id));
  if (id === null) return null;
  return (await site.get<ApiFlavor>('compute', `/flavors/${encodeURIComponent(id)}`, 'flavor', context.signal))?.name ?? null;
}

function isAs(listed: ApiFlavor, { vcpus, ram, disk, ephemeral, swap }: ResourceOf<'flavor'>): boolean {
  const is = describe('flavor', listed);
  const sameDisks = is.disk === disk && is.ephemeral === ephemeral && is.swap === swap;
  return is.vcpus === vcpus && is.ram === ram && sameDisks;
}

/**
 * Compute API, "Create flavor": without an id Nova chooses one. The description (microversion 2.55)
 * keeps our stamp.
 */
async function create(site: Site, resource: ResourceOf<'flavor'>, context: BuildContext): Promise<string> {
  const { campaign, signal } = context;
  if (!(await site.session.knows('2.55', signal)))
    throw new Problem('E_MICROVERSION', 'Flavors are created only from Nova 2.55 (Queens) on; map to an existing one.', {
      about: resource.name,
    });
  const body = {
    ...(await requestFor(site, resource, context)),
    description: descriptionStamp(campaign, refOf('flavor', resource.id)),
  };
  return (await site.send<{ id: string }>('POST', 'compute', '/flavors', { flavor: body }, 'flavor', signal)).id;
}

/**
 * Sets a flavor's extra specs and gives the project access. Nova gives none to the creator of a
 * private flavor.
 */
async function equip(site: Site, resource: ResourceOf<'flavor'>, id: string, { signal }: BuildContext): Promise<void> {
  const { extra_specs } = resource;
  if (Object.keys(extra_specs).length > 0)
    await site.session.call({
      method: 'POST',
      service: 'compute',
      path: `/flavors/${id}/os-extra_specs`,
      body: { extra_specs },
      signal,
    });
  const body = { addTenantAccess: { tenant: await site.projectId(signal) } };
  await site.session.call({ method: 'POST', service: 'compute', path: `/flavors/${id}/action`, body, tolerate: [409], signal });
}
