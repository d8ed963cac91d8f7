import { Document } from 'yaml';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import type { Plan } from '../../shared/model/plan.ts';
import { kindOf, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import { policySentences } from './policies.ts';

/** Writes a plan as YAML for an operator to edit: what was found stands above it as comments, with the names of what it is about. */
export function planText(
  plan: Plan,
  resources: readonly Resource[],
  concerns: readonly Concern[],
  decisions: readonly Decision[],
): string {
  const names = new Map<string, string>(resources.map((resource) => [refOf(resource.kind, resource.id), nameOf(resource)]));
  const called = (ref: Ref): string => {
    const name = names.get(ref) ?? '';
    return name === '' ? ref : `${kindOf(ref)} ${name} (${ref})`;
  };
  const document = new Document(plan);
  document.commentBefore = [
    ' Godwit plan. Edit it, then: sender migrate plan.yaml',
    ' Servers move wave by wave, in the order given. Ids count; names are for people.',
    ' Mappings: flavors and networks `to:` an id or name at the destination, or `create`;',
    '   gateways `ip:` auto, same or an address; floating_ips `to:` same, auto, skip or an address;',
    '   servers `availability_zone:` where one is built at the destination, ZONE or (for admins) ZONE:HOST; the scheduler chooses for the others.',
    ' With `whole: true` everything else of the project moves too: networks, groups and addresses that none of these servers uses.',
    ' With `mode: warm` a server is copied while it runs, in at most `rounds` rounds, until one brings at most `round_threshold_mib` or no less than the one before;',
    '   then `cutover:` says when it is stopped: now, when-ready (once a round is that small), manual (`sender cutover`), or a time: at 2026-11-22T02:00:00+01:00.',
    '   A further round follows every `round_interval_seconds` of waiting. A server may have its own `mode:` and `cutover:` beside its id.',
    ' A `calendar:` says when servers may be stopped, in the clocks of `zone:` (UTC without it): `windows: [{ days: [sat, sun], from: "22:00", to: "05:00" }]`, past midnight',
    '   where `to` is not later, and `blackout: [{ from: 2026-12-24, to: 2026-12-26, reason: holidays }]`, days or times. A server that is down is always moved to its end.',
    '   With `mode: warm` rounds go on outside of windows, for the guest runs; in a blackout they rest. `sender cutover` goes on without waiting.',
    ' With `rolling: true` beside the name of a wave its servers are a farm: the second half is begun when every server of the first runs and passes its probe.',
    ' A `bandwidth:` as in sender.yaml (a rate, or a table by hour) stands above that one while this campaign is at work; `sender bandwidth` above both.',
    '',
    ...section('Policies', policySentences(plan), (sentence) => sentence),
    '',
    ...section(
      'Concerns',
      concerns,
      ({ severity, code, about, says, remedy }) =>
        `${severity}: ${about === undefined ? 'campaign' : called(about)}: ${says} ${remedy} (${code})`,
    ),
    '',
    ...section(
      'What would happen at the destination',
      decisions,
      ({ ref, action, id, why }) => `${action} ${called(ref)}${id === undefined ? '' : ` as ${id}`}: ${why}`,
    ),
  ].join('\n');
  return document.toString({ lineWidth: 0 });
}

/** What people know a thing by: its name, or for a thing without one what tells it from its like. */
function nameOf(resource: Resource): string {
  if (resource.kind === 'floating_ip') return resource.floating_ip_address;
  if (resource.kind === 'port') return resource.name || resource.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
  return 'name' in resource ? resource.name : '';
}

function section<T>(title: string, items: readonly T[], line: (item: T) => string): string[] {
  if (items.length === 0) return [` ${title}: none.`];
  return [` ${title}:`, ...items.map((item) => `   - ${line(item).replaceAll(/\s+/g, ' ')}`)];
}
