import { canonicalIp } from '../../../ip.ts';
import type { Decision } from '../../../model/concern.ts';
import { sharedWith } from '../../../model/rbac.ts';
import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiSecurityGroup } from '../api.ts';
import { isUsed, sameKey } from '../builders/keypair.ts';
import { sameRule } from '../builders/rule.ts';
import { dnsChoice } from '../dns/decisions.ts';
import { isDefaultGroup } from '../group-name.ts';
import { adoptedFloating } from './adopted-floating.ts';
import { forwardingsLike, isSameForwarding } from './forwarded.ts';
import { areTextsCarried, lackingTexts } from './project-rules.ts';
import { areRaised, lowerLimits } from './quota-set-rules.ts';
import { standingOf } from './role-assignment-rules.ts';
import { serverGroupFor } from './server-group-rules.ts';
import { flavorFor } from './server-rules.ts';
import { samePolicy } from './shared-object.ts';
import { type PreflightView, subnetThere } from './view.ts';

type Choice = Omit<Decision, 'ref'>;

const create = (why = 'nothing at the destination stands for it'): Choice => ({ action: 'create', why });
const adopt = (id: string, why: string): Choice => ({ action: 'adopt', id, why });
const skip = (why: string): Choice => ({ action: 'skip', why });

function mapped(there: { readonly id: string; readonly name: string } | null | undefined, how = 'the plan maps it to'): Choice {
  if (there === null) return create();
  return there === undefined ? skip('it is mapped to what does not exist') : adopt(there.id, `${how} ${there.name}`);
}

/** The group of the destination that takes the place of one; null where it is created. */
function adoptedGroup(view: PreflightView, group: ResourceOf<'security_group'>): ApiSecurityGroup | null {
  return view.group(group.id) ?? (isDefaultGroup(group) ? view.defaultGroup : null);
}

/** The id that an address group of a rule has there; its own where it is created. */
export function addressGroupThere(view: PreflightView, id: string | null): string | null {
  return id === null ? null : (view.target('address_groups', id)?.id ?? id);
}

/** The leg that an adopted router has at an interface's addresses. */
function legOf(view: PreflightView, resource: ResourceOf<'interface'>): Choice {
  const router = view.router(resource.router_id);
  const network = view.network(resource.network_id);
  if (!router || !network) return create();
  const wanted = resource.fixed_ips.map(({ ip_address }) => canonicalIp(ip_address));
  const leg = view.ports.find(
    (port) => port.device_id === router.id && port.fixed_ips.some(({ ip_address }) => wanted.includes(canonicalIp(ip_address))),
  );
  return leg === undefined ? create(`${router.name} has no interface there`) : adopt(leg.id, `${router.name} has it`);
}

/** Those of some resources that would be created. */
export function created<R extends Resource>(view: PreflightView, resources: readonly R[]): R[] {
  return resources.filter((one) => choose(view, one).action === 'create');
}

/** Decides what would happen to each resource. */
export function decide(view: PreflightView, resources: readonly Resource[]): Decision[] {
  return resources.map((resource) => ({ ref: refOf(resource.kind, resource.id), ...choose(view, resource) }));
}

function choose(view: PreflightView, resource: Resource): Choice {
  switch (resource.kind) {
    case 'network': {
      const there = view.network(resource.id);
      if (there) return adopt(there.id, `the plan maps it to ${there.name}`);
      return there === undefined || resource.external ? skip('it is not mapped to a network that exists') : create();
    }
    case 'subnet': {
      const network = view.network(resource.network_id);
      if (!network) return create();
      const same = subnetThere(view, network, resource);
      return same === undefined ? skip(`${network.name} has no such subnet`) : adopt(same.id, `it is that of ${network.name}`);
    }
    case 'router':
      return mapped(view.router(resource.id));
    case 'gateway':
    case 'routes':
      return mapped(view.router(resource.router_id), 'it is that of');
    case 'interface':
      return legOf(view, resource);
    case 'role_assignment': {
      const standing = standingOf(view, resource);
      if (standing === 'granted') return adopt(view.projectId, 'it is granted already');
      if (view.mappings.assignments !== 'carry') return skip('the plan grants no roles');
      return standing === 'lacking' ? create() : skip(`it is not granted there (${standing ?? 'not told'})`);
    }
    case 'dns_zone':
    case 'dns_record_set':
      return dnsChoice(view, resource);
    case 'rbac_policy': {
      if (sharedWith(resource, view.mappings) === null) return skip(`the plan maps no project to ${resource.target_project}`);
      const same = samePolicy(view, resource);
      return same === undefined ? create() : adopt(same.id, 'it is shared so already');
    }
    case 'port': {
      const there = view.port(resource.id);
      if (there === undefined) return skip('it is mapped to what does not exist');
      return there === null ? create() : adopt(there.id, 'the plan maps it to a port that exists');
    }
    case 'address_group':
      return mapped(view.target('address_groups', resource.id));
    case 'project': {
      const lacking = Object.keys(lackingTexts(view, resource));
      if (lacking.length === 0) return adopt(view.projectId, 'it has these texts');
      return areTextsCarried(view)
        ? create(`it gets what it lacks: ${lacking.join(', ')}`)
        : skip('the plan keeps the project of the destination as it is');
    }
    case 'quota_set': {
      const lower = Object.keys(lowerLimits(view, resource));
      if (lower.length === 0) return adopt(resource.id, 'none is lower');
      return areRaised(view)
        ? create(`lower ones are raised: ${lower.join(', ')}`)
        : skip('the plan keeps the quotas of the destination');
    }
    case 'qos_policy':
      return mapped(view.target('qos_policies', resource.id));
    case 'address_scope':
      return mapped(view.target('address_scopes', resource.id));
    case 'trunk':
      return mapped(view.target('trunks', resource.id));
    case 'subnet_pool':
      return mapped(view.target('subnet_pools', resource.id));
    case 'security_group':
      if (view.group(resource.id) !== null) return mapped(view.group(resource.id));
      return isDefaultGroup(resource) ? adopt(view.defaultGroup.id, 'every project has its default group') : create();
    case 'security_group_rule': {
      const group = view.of('security_group').find((one) => one.id === resource.security_group_id);
      const there = group === undefined ? null : adoptedGroup(view, group);
      if (group === undefined || there === null) return create();
      const remote = view.of('security_group').find((one) => one.id === resource.remote_group_id);
      const remote_group_id = remote === undefined ? null : (adoptedGroup(view, remote)?.id ?? remote.id);
      const remote_address_group_id = addressGroupThere(view, resource.remote_address_group_id);
      const wanted = { ...resource, remote_group_id, remote_address_group_id };
      const same = there.security_group_rules.find((one) => sameRule(wanted, one));
      return same === undefined ? create() : adopt(same.id, `the group ${there.name} has it`);
    }
    case 'keypair': {
      const there = view.keypairs.find((one) => one.name === resource.name);
      if (there === undefined) return create();
      if (sameKey(there, resource)) return adopt(there.name, 'it is there with the same key');
      return isUsed(resource, view.of('server'))
        ? create()
        : adopt(there.name, 'it is there with another key, and no server uses it');
    }
    case 'server_group': {
      const there = serverGroupFor(view, resource.id);
      return there === undefined ? skip('it is not clear what stands for it') : mapped(there, 'it becomes');
    }
    case 'flavor': {
      const target = flavorFor(view, resource);
      if (target === 'create') return create('the plan says so');
      return target === undefined ? skip('no flavor stands for it') : adopt(target.id, `it becomes ${target.name}`);
    }
    case 'floating_ip': {
      if (view.mappings.floating_ips[resource.id]?.to === 'skip') return skip('the plan says so');
      const own = adoptedFloating(view, view.mappings, resource);
      return own === undefined ? create() : adopt(own.id, 'the project has this address');
    }
    case 'port_forwarding': {
      if (view.mappings.floating_ips[resource.floating_ip_id]?.to === 'skip') return skip('the plan skips its floating IP');
      const same = forwardingsLike(view, resource).find((one) => isSameForwarding(view, resource, one));
      return same === undefined ? create() : adopt(same.id, 'its floating IP forwards it already');
    }
    case 'image':
      if (resource.disk_id !== null) return create();
      return skip('a server comes with its own disk; the image it was made from is not moved');
    case 'disk':
    case 'volume':
    case 'server':
      return create();
  }
}
