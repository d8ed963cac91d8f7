import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import { differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { type Family, gone } from '../builders/family.ts';
import type { Site } from '../builders/site.ts';
import { createOrFind } from '../session/late.ts';
import { until } from '../session/wait.ts';
import type { ApiDnsZone, ApiTracked } from './answers.ts';
import { createDns, deleteDns, listRecordSets, listZones, readDns, untilOut, zonePath } from './calls.ts';
import { ownSets } from './resources.ts';

/** What stands in the ledger for a zone or record set where the destination has no DNS. */
export const nowhere = 'none';

/** What a zone or record set is said to be that is nowhere. */
export const notBuilt = { fatal: ['it is not built: the destination has no DNS service'], told: [] };

/**
 * DNS zones. They carry no stamp, and a name exists once: one that was missing when the ledger
 * noted its creation, and is there now, equal and still empty, is ours. One that was there is
 * adopted only if the plan maps to it.
 */
export const dnsZone: Family<'dns_zone'> = {
  async ensure(site, resource, context) {
    const { mappings, signal } = context;
    if (!(await site.session.has('dns', signal))) return { id: nowhere, how: 'adopted' };
    const to = mappedTo(mappings, 'dns_zones', resource.id);
    const there = await ownZone(site, to ?? resource.name, signal);
    if (to !== null && there === null) throw unmapped(resource, to);
    if (to !== null && there !== null) return { id: there.id, how: 'adopted' };
    if (there !== null && !(await isOurs(site, resource, there, context))) throw taken(resource);
    const zone = there ?? (await create(site, resource, context));
    const how = there === null ? 'created' : 'found';
    // A secondary zone waits for its masters, however long these take.
    if (resource.type === 'SECONDARY') return { id: zone.id, how };
    const seen = await untilOut<ApiDnsZone>(site.session, zonePath(zone.id), `The DNS zone ${resource.name}`, context);
    return { id: zone.id, how, seen };
  },

  async find(site, resource, context) {
    const { mappings, claimed, signal } = context;
    // A mapped zone is somebody's, also where it was missing when it was asked for.
    const isMapped = mappedTo(mappings, 'dns_zones', resource.id) !== null;
    if (claimed !== true || isMapped || !(await site.session.has('dns', signal))) return null;
    const there = await ownZone(site, resource.name, signal);
    return there !== null && (await isOurs(site, resource, there, context)) ? there.id : null;
  },

  async occupied(site, resource, { signal }) {
    return (await site.session.has('dns', signal)) && (await ownZone(site, resource.name, signal)) !== null;
  },

  async differences(site, resource, id, context, seen) {
    if (id === nowhere) return notBuilt;
    const is = (seen as ApiDnsZone | undefined) ?? (await readDns<ApiDnsZone>(site.session, zonePath(id), context.signal));
    if (is === null) return gone('DNS zone', id);
    return withMore(await differencesOf(site, resource, is, context), [], notOut(is));
  },

  /** Without the record sets that others have put into it since: these would go with it. */
  async remove(site, id, campaign, patience) {
    const { session } = site;
    const path = zonePath(id);
    const zone = await readDns<ApiDnsZone>(session, path, patience.signal);
    if (zone === null) return false;
    const isEnding = zone.action === 'DELETE' && zone.status !== 'ERROR';
    if (!isEnding) {
      const others = ownSets([zone], await listRecordSets(session, id, patience.signal));
      if (zone.type === 'PRIMARY' && others.length > 0) throw notEmpty(zone, campaign, others);
      await deleteDns(session, path, patience.signal);
    }
    await until(`The end of the DNS zone ${zone.name}`, patience, async () => {
      const is = await readDns<ApiDnsZone>(session, path, patience.signal);
      if (is?.status === 'ERROR') throw stuck(zone);
      return is === null ? true : undefined;
    });
    return true;
  },
};

/** That the name servers do not have something yet, in words. */
export function notOut({ status }: ApiTracked): readonly string[] {
  return status === 'ACTIVE' ? [] : [`the name servers do not have it yet (${status})`];
}

/** Whether a zone that appeared after the ledger's note may be the one that was asked for. */
async function isOurs(site: Site, resource: ResourceOf<'dns_zone'>, there: ApiDnsZone, context: BuildContext): Promise<boolean> {
  return context.claimed === true && (await isAsMade(site, resource, there, context));
}

/** Whether a zone is equal and still empty: any other one is of whoever made it or filled it. */
async function isAsMade(
  site: Site,
  resource: ResourceOf<'dns_zone'>,
  there: ApiDnsZone,
  context: BuildContext,
): Promise<boolean> {
  const { onCompared: _, ...quietly } = context;
  const { fatal } = await differencesOf(site, resource, there, quietly);
  if (fatal.length > 0) return false;
  return there.type !== 'PRIMARY' || ownSets([there], await listRecordSets(site.session, there.id, context.signal)).length === 0;
}

/** The zone of the project with an id or a name; null where there is none. */
async function ownZone(site: Site, wanted: string, signal: AbortSignal): Promise<ApiDnsZone | null> {
  const project = await site.projectId(signal);
  return zoneNamed(await listZones(site.session, signal), project, wanted) ?? null;
}

/** The zone of a project, among some, with an id or a name; one that is being deleted is none. */
export function zoneNamed(all: readonly ApiDnsZone[], project: string, wanted: string): ApiDnsZone | undefined {
  const own = all.filter(({ project_id, action }) => project_id === project && action !== 'DELETE');
  const name = wanted.toLowerCase();
  return own.find(({ id }) => id === wanted) ?? own.find((zone) => zone.name.toLowerCase() === name);
}

function create(site: Site, resource: ResourceOf<'dns_zone'>, context: BuildContext): Promise<ApiDnsZone> {
  return createOrFind(
    async () => createDns<ApiDnsZone>(site.session, '/zones', await requestFor(site, resource, context), context.signal),
    async () => {
      const there = await ownZone(site, resource.name, context.signal);
      return there !== null && (await isAsMade(site, resource, there, context)) ? there : null;
    },
    context.signal,
  );
}

function unmapped({ id, name }: ResourceOf<'dns_zone'>, to: string): Problem {
  const says = `The DNS zone ${name} is mapped to ${to}, which does not exist in the project.`;
  return new Problem('E_UNMAPPED', says, { about: refOf('dns_zone', id) });
}

function taken({ id, name }: ResourceOf<'dns_zone'>): Problem {
  return new Problem('E_CONFLICT', `The project has a DNS zone ${name} at the destination already.`, {
    about: refOf('dns_zone', id),
    hint: 'Map the zone to it in `mappings.dns_zones`: record sets that it lacks are added. Or skip it.',
  });
}

function notEmpty({ id, name }: ApiDnsZone, campaign: string, others: readonly { name: string; type: string }[]): Problem {
  const sets = others.slice(0, 10).map((one) => `${one.name} ${one.type}`);
  return new Problem('E_CONFLICT', `The DNS zone ${name} has record sets that nobody of ours made: ${sets.join(', ')}.`, {
    about: id,
    hint: `Campaign ${campaign} made the zone, and they would go with it. Take them out if they may go, or commit instead.`,
  });
}

function stuck({ id, name }: ApiDnsZone): Problem {
  const says = `The DNS zone ${name} cannot be deleted: its name servers did not do it; see the log of designate-worker.`;
  return new Problem('E_SERVER_FAULT', says, { about: id });
}
