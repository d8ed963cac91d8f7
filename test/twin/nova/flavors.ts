import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { type Caller, requireAdmin } from '../policy.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { Flavor } from './model.ts';
import { pageOf } from './paging.ts';
import { linksOf } from './view.ts';

/** Whether a caller may use a flavor. */
const mayUseFlavor = (caller: Caller, flavor: Flavor): boolean =>
  flavor.isPublic || caller.admin || flavor.access.includes(caller.projectId);

/** The flavor of this id that the caller may use. */
export function findFlavor(cloud: Cloud, caller: Caller, id: string): Flavor | undefined {
  const flavor = cloud.state.flavors.get(id);
  return flavor !== undefined && mayUseFlavor(caller, flavor) ? flavor : undefined;
}

function flavorOf(call: Call): Flavor {
  const flavor = findFlavor(call.cloud, call.caller, call.param('id'));
  if (flavor === undefined) throw notFound(`Flavor ${call.param('id')} could not be found.`);
  return flavor;
}

function flavorView(call: Call, flavor: Flavor): Record<string, unknown> {
  const view: Record<string, unknown> = {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.ramMiB,
    disk: flavor.diskGiB,
    vcpus: flavor.vcpus,
    swap: flavor.swapMiB === 0 && call.minor < 75 ? '' : flavor.swapMiB,
    'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeralGiB,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': flavor.isPublic,
    rxtx_factor: flavor.rxtxFactor,
    links: linksOf(call.cloud, `flavors/${flavor.id}`),
  };
  if (call.minor >= 55) view['description'] = flavor.description;
  if (call.minor >= 61) view['extra_specs'] = flavor.extraSpecs;
  return view;
}

function listFlavors(call: Call, detail: boolean): Answer {
  const { query, cloud, caller } = call;
  // `is_public=None` lists both kinds, for admins only.
  const asked = caller.admin ? (query.get('is_public')?.toLowerCase() ?? 'true') : 'own';
  const wantedPublic = asked === 'none' ? undefined : ['true', '1', 't'].includes(asked);
  const least = (name: string): number => {
    const value = query.get(name) ?? '0';
    if (!/^\d+$/.test(value)) throw badRequest(`Invalid ${name} filter [${value}]`);
    return Number(value);
  };
  const found = [...cloud.state.flavors.values()]
    .filter((flavor) =>
      asked === 'own' ? mayUseFlavor(caller, flavor) : wantedPublic === undefined || flavor.isPublic === wantedPublic,
    )
    .filter((flavor) => flavor.diskGiB >= least('minDisk') && flavor.ramMiB >= least('minRam'))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const { page, links } = pageOf(call, found, detail ? 'flavors/detail' : 'flavors');
  const brief = (flavor: Flavor) => ({
    id: flavor.id,
    name: flavor.name,
    ...(call.minor >= 55 ? { description: flavor.description } : {}),
    links: linksOf(cloud, `flavors/${flavor.id}`),
  });
  const views = page.map((flavor) => (detail ? flavorView(call, flavor) : brief(flavor)));
  return { status: 200, body: { flavors: views, ...(links.length > 0 ? { flavors_links: links } : {}) } };
}

/** Nova takes numbers as digits in a string too. */
const count = (least: number) =>
  z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).pipe(
    z
      .int()
      .min(least)
      .max(2 ** 31 - 1),
  );

const newFlavor = z.strictObject({
  flavor: z.strictObject({
    name: z.string().trim().min(1).max(255),
    id: z.union([z.string().max(255), z.int(), z.null()]).optional(),
    ram: count(1),
    vcpus: count(1),
    disk: count(0),
    'OS-FLV-EXT-DATA:ephemeral': count(0).optional(),
    swap: count(0).optional(),
    rxtx_factor: z.coerce.number().positive().optional(),
    'os-flavor-access:is_public': z.boolean().optional(),
    description: z.string().max(65535).nullish(),
  }),
});

function createFlavor(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-manage:create');
  const given = parse(newFlavor, call.body).flavor;
  if (given.description !== undefined && call.minor < 55)
    throw badRequest("Additional properties are not allowed ('description' was unexpected)");
  // nova/compute/flavors.py, create: only an id that is false in Python is made up. `auto` is a
  // word of the command line alone.
  const id = given.id ? String(given.id) : newUuid();
  const { flavors } = call.cloud.state;
  if (flavors.has(id)) throw conflict(`Flavor with ID ${id} already exists.`);
  if ([...flavors.values()].some((flavor) => flavor.name === given.name))
    throw conflict(`Flavor with name ${given.name} already exists.`);
  const flavor: Flavor = {
    id,
    name: given.name,
    vcpus: given.vcpus,
    ramMiB: given.ram,
    diskGiB: given.disk,
    ephemeralGiB: given['OS-FLV-EXT-DATA:ephemeral'] ?? 0,
    swapMiB: given.swap ?? 0,
    rxtxFactor: given.rxtx_factor ?? 1,
    isPublic: given['os-flavor-access:is_public'] ?? true,
    description: given.description ?? null,
    extraSpecs: {},
    access: [],
  };
  flavors.set(id, flavor);
  call.cloud.changed();
  return { status: 200, body: { flavor: flavorView(call, flavor) } };
}

const newDescription = z.strictObject({ flavor: z.strictObject({ description: z.string().max(65535).nullable() }) });

/**
 * Compute API, "Update Flavor Description" (nova/api/openstack/compute/flavor_manage.py, _update).
 */
function updateFlavor(call: Call): Answer {
  if (call.minor < 55) throw notFound('The resource could not be found.');
  requireAdmin(call.caller, 'os_compute_api:os-flavor-manage:update');
  const flavor = flavorOf(call);
  flavor.description = parse(newDescription, call.body).flavor.description;
  call.cloud.changed();
  return { status: 200, body: { flavor: flavorView(call, flavor) } };
}

function deleteFlavor(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-manage:delete');
  const flavor = flavorOf(call);
  call.cloud.state.flavors.delete(flavor.id);
  call.cloud.changed();
  return { status: 202 };
}

const specs = z.strictObject({
  extra_specs: z.record(
    z.string().regex(/^[a-zA-Z0-9\-_:. ]{1,255}$/),
    z.union([z.string().max(255), z.number()]).transform(String),
  ),
});

function addSpecs(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-extra-specs:create');
  const flavor = flavorOf(call);
  const { extra_specs } = parse(specs, call.body);
  flavor.extraSpecs = { ...flavor.extraSpecs, ...extra_specs };
  call.cloud.changed();
  return { status: 200, body: { extra_specs } };
}

function removeSpec(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-extra-specs:delete');
  const flavor = flavorOf(call);
  if (flavor.extraSpecs[call.param('key')] === undefined)
    throw notFound(`Flavor ${flavor.id} has no extra specs with key ${call.param('key')}.`);
  delete flavor.extraSpecs[call.param('key')];
  call.cloud.changed();
  return { status: 200 };
}

const accessChange = z.union([
  z.strictObject({ addTenantAccess: z.strictObject({ tenant: z.string() }) }),
  z.strictObject({ removeTenantAccess: z.strictObject({ tenant: z.string() }) }),
]);

const accessView = (flavor: Flavor): Answer => ({
  status: 200,
  body: { flavor_access: flavor.access.map((tenant_id) => ({ flavor_id: flavor.id, tenant_id })) },
});

function changeAccess(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-access:add_tenant_access');
  const flavor = flavorOf(call);
  if (flavor.isPublic) throw conflict('Can not add access to a public flavor.');
  const change = parse(accessChange, call.body);
  if ('addTenantAccess' in change) {
    const { tenant } = change.addTenantAccess;
    if (flavor.access.includes(tenant))
      throw conflict(`Flavor access already exists for flavor ${flavor.id} and project ${tenant} combination.`);
    flavor.access.push(tenant);
  } else flavor.access = flavor.access.filter((tenant) => tenant !== change.removeTenantAccess.tenant);
  call.cloud.changed();
  return accessView(flavor);
}

function listAccess(call: Call): Answer {
  requireAdmin(call.caller, 'os_compute_api:os-flavor-access');
  const flavor = flavorOf(call);
  if (flavor.isPublic) throw notFound('Access list not available for public flavors.');
  return accessView(flavor);
}

/** Flavors, their extra specs and who may use them. */
export const flavorRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/flavors', (call) => listFlavors(call, false)),
  route('compute', 'GET', '/v2.1/flavors/detail', (call) => listFlavors(call, true)),
  route('compute', 'POST', '/v2.1/flavors', createFlavor),
  route('compute', 'GET', '/v2.1/flavors/:id', (call) => ({ status: 200, body: { flavor: flavorView(call, flavorOf(call)) } })),
  route('compute', 'PUT', '/v2.1/flavors/:id', updateFlavor),
  route('compute', 'DELETE', '/v2.1/flavors/:id', deleteFlavor),
  route('compute', 'GET', '/v2.1/flavors/:id/os-extra_specs', (call) => ({
    status: 200,
    body: { extra_specs: flavorOf(call).extraSpecs },
  })),
  route('compute', 'POST', '/v2.1/flavors/:id/os-extra_specs', addSpecs),
  route('compute', 'DELETE', '/v2.1/flavors/:id/os-extra_specs/:key', removeSpec),
  route('compute', 'GET', '/v2.1/flavors/:id/os-flavor-access', listAccess),
  route('compute', 'POST', '/v2.1/flavors/:id/action', changeAccess),
];
