import type { ApiQosPolicy } from '../api.ts';
import { ruleTypes } from '../builders/qos-policy.ts';
import type { Site } from '../builders/site.ts';

/** What the destination has for QoS policies. */
export interface QosThere {
  /** The types of rules that its drivers have; null where it does not tell. */
  readonly types: ReadonlySet<string> | null;
  /** The project's own policies. */
  readonly own: readonly ApiQosPolicy[];
}

/** Reads what the destination has for QoS policies. MUST NOT write. */
export async function readQos(site: Site, signal: AbortSignal): Promise<QosThere> {
  if (!(await site.offers('qos', signal))) return { types: null, own: [] };
  const query = { project_id: await site.projectId(signal) };
  const own = await site.network<ApiQosPolicy>('/qos/policies', 'policies', query, signal);
  return { types: await ruleTypes(site, signal), own };
}
