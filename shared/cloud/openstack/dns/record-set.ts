import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext, Differences, HeardAttribute } from '../../destination-cloud.ts';
import { differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { builtOrNull, type Family, gone } from '../builders/family.ts';
import type { Site } from '../builders/site.ts';
import { createOrFind } from '../session/late.ts';
import { withNewAddresses } from './addresses.ts';
import type { ApiRecordSet } from './answers.ts';
import { createDns, deleteDns, listRecordSets, readDns, recordSetPath, untilOut, zonePath } from './calls.ts';
import { notBuilt, notOut, nowhere } from './zone.ts';

/**
 * Record sets, found by name and type in their zone, which Designate lets exist once. One that is
 * equal and appeared after the ledger's note of its creation is ours; every other one stays as it
 * is. The built id names the zone, too.
 */
export const dnsRecordSet: Family<'dns_record_set'> = {
  async ensure(site, resource, context) {
    const zone = context.built(refOf('dns_zone', resource.zone_id));
    if (zone === nowhere) return { id: nowhere, how: 'adopted' };
    const there = await findIn(site, zone, resource, context.signal);
    if (there !== null && !(await isOurs(site, resource, there, context))) return { id: idIn(zone, there), how: 'adopted' };
    const one = there ?? (await create(site, zone, resource, context));
    const id = idIn(zone, one);
    const what = `The record set ${resource.name} ${resource.type}`;
    const seen = await untilOut<ApiRecordSet>(site.session, recordSetPath(id), what, context);
    return { id, how: there === null ? 'created' : 'found', seen };
  },

  async find(site, resource, context) {
    const zone = builtOrNull(context, refOf('dns_zone', resource.zone_id));
    if (zone === null || zone === nowhere) return null;
    const there = await findIn(site, zone, resource, context.signal);
    return there !== null && (await isOurs(site, resource, there, context)) ? idIn(zone, there) : null;
  },

  async occupied(site, resource, context) {
    const zone = context.built(refOf('dns_zone', resource.zone_id));
    return zone !== nowhere && (await findIn(site, zone, resource, context.signal)) !== null;
  },

  async differences(site, resource, id, context, seen) {
    if (id === nowhere) return notBuilt;
    const path = recordSetPath(id);
    const is = (seen as ApiRecordSet | undefined) ?? (await readDns<ApiRecordSet>(site.session, path, context.signal));
    if (is === null) return gone('record set', id);
    return withMore(await heldAgainst(site, resource, is, context), [], notOut(is));
  },

  /** It is not waited for: a deletion is never taken back, and a large zone has hundreds. */
  remove: async (site, id, _campaign, { signal }) => {
    const path = recordSetPath(id);
    const is = await readDns<ApiRecordSet>(site.session, path, signal);
    if (is === null || is.action === 'DELETE') return false;
    return deleteDns(site.session, path, signal);
  },
};

function idIn(zone: string, { id }: ApiRecordSet): string {
  return `${zone}.${id}`;
}

async function isOurs(
  site: Site,
  resource: ResourceOf<'dns_record_set'>,
  there: ApiRecordSet,
  context: BuildContext,
): Promise<boolean> {
  if (context.claimed !== true) return false;
  const { onCompared: _, ...quietly } = context;
  return (await heldAgainst(site, resource, there, quietly)).fatal.length === 0;
}

/** The differences from what is wanted there: records that were rewritten are the plan's. */
function heldAgainst(
  site: Site,
  resource: ResourceOf<'dns_record_set'>,
  is: ApiRecordSet,
  context: BuildContext,
): Promise<Differences> {
  const wanted = wantedThere(resource, context);
  if (wanted === resource) return differencesOf(site, resource, is, context);
  const onCompared = (heard: HeardAttribute): void => {
    const isMapped = heard.attribute === 'records' && heard.is === 'equal';
    context.onCompared?.(isMapped ? { ...heard, is: 'left' } : heard);
  };
  return differencesOf(site, wanted, is, { ...context, onCompared });
}

function wantedThere(resource: ResourceOf<'dns_record_set'>, context: BuildContext): ResourceOf<'dns_record_set'> {
  return withNewAddresses(resource, () => context.resources(), context.mappings);
}

/** The record set of a name and type among some; one that is being deleted is none. */
export function setNamed(
  all: readonly ApiRecordSet[],
  { name, type }: Pick<ApiRecordSet, 'name' | 'type'>,
): ApiRecordSet | undefined {
  const named = all.filter((one) => one.type === type && one.name.toLowerCase() === name.toLowerCase());
  return named.find(({ action }) => action !== 'DELETE');
}

async function findIn(
  site: Site,
  zone: string,
  wanted: ResourceOf<'dns_record_set'>,
  signal: AbortSignal,
): Promise<ApiRecordSet | null> {
  // A star in a filter stands for any text, so that more than one may be listed.
  const all = await listRecordSets(site.session, zone, signal, wanted);
  return setNamed(all, wanted) ?? null;
}

function create(site: Site, zone: string, resource: ResourceOf<'dns_record_set'>, context: BuildContext): Promise<ApiRecordSet> {
  const path = `${zonePath(zone)}/recordsets`;
  const wanted = wantedThere(resource, context);
  return createOrFind(
    async () => createDns<ApiRecordSet>(site.session, path, await requestFor(site, wanted, context), context.signal),
    () => findIn(site, zone, resource, context.signal),
    context.signal,
  );
}
