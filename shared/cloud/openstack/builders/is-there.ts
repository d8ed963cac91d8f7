import { kindOf, type Ref } from '../../../model/resource.ts';
import { readDns, recordSetPath, zonePath } from '../dns/calls.ts';
import { meantBy, type Owned } from './existing.ts';
import { markedCollectionOf } from './marked.ts';
import { forwardingPath } from './port-forwarding.ts';
import type { Site } from './site.ts';
import { type Collection, collections } from './stamped.ts';

/**
 * Whether a resource of the network side, a flavor, a server group or a DNS zone still exists for
 * the project: an admin sees those of every other one, too.
 */
export async function isThere(site: Site, ref: Ref, id: string, signal: AbortSignal): Promise<boolean> {
  const kind = kindOf(ref);
  if (kind === 'flavor') return (await site.get('compute', `/flavors/${encodeURIComponent(id)}`, 'flavor', signal)) !== null;
  if (kind === 'port_forwarding') return (await site.get('network', forwardingPath(id), 'port_forwarding', signal)) !== null;
  if (kind === 'rbac_policy') return (await site.get('network', `/rbac-policies/${id}`, kind, signal)) !== null;
  if (kind === 'server_group')
    return (await site.get('compute', `/os-server-groups/${encodeURIComponent(id)}`, kind, signal)) !== null;
  if (kind === 'dns_zone') return (await readDns(site.session, zonePath(id), signal)) !== null;
  if (kind === 'dns_record_set') return (await readDns(site.session, recordSetPath(id), signal)) !== null;
  const collection = (collections as Readonly<Record<string, Collection>>)[kind] ?? markedCollectionOf(kind);
  if (collection === undefined) return false;
  const { path, one } = collection;
  const thing = await site.get<Owned>('network', `${path}/${encodeURIComponent(id)}`, one, signal);
  if (thing === null || thing.project_id === undefined) return thing !== null;
  return meantBy(await site.projectId(signal), [thing]).length > 0;
}
