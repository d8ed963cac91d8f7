import { canonicalCidr, canonicalIp } from '../../../ip.ts';
import type { Decision } from '../../../model/concern.ts';
import { type Resource, refOf } from '../../../model/resource.ts';
import { sameKey } from '../builders/keypair.ts';
import { sameRule } from '../builders/rule.ts';
import { isDefaultGroup } from '../group-name.ts';
import { flavorFor } from './server-rules.ts';
import type { PreflightView } from './view.ts';

type Choice = Omit<Decision, 'ref'>;

const create = (why = 'nothing at the destination stands for it'): Choice => ({ action: 'create', why });
const adopt = (id: string, why: string): Choice => ({ action: 'adopt', id, why });
const skip = (why: string): Choice => ({ action: 'skip', why });

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
      const same = view.subnets.find(
        (one) => one.network_id === network.id && canonicalCidr(one.cidr) === canonicalCidr(resource.cidr),
      );
      return same === undefined ? skip(`${network.name} has no such subnet`) : adopt(same.id, `it is that of ${network.name}`);
    }
    case 'security_group':
      return isDefaultGroup(resource) ? adopt(view.defaultGroup.id, 'every project has its default group') : create();
    case 'security_group_rule': {
      const group = view.of('security_group').find((one) => one.id === resource.security_group_id);
      if (group === undefined || !isDefaultGroup(group)) return create();
      const remote_group_id = resource.remote_group_id === group.id ? view.defaultGroup.id : resource.remote_group_id;
      const same = view.defaultGroup.security_group_rules.find((one) => sameRule({ ...resource, remote_group_id }, one));
      return same === undefined ? create() : adopt(same.id, 'the default group has it');
    }
    case 'keypair': {
      const there = view.keypairs.find((one) => one.name === resource.name);
      return there !== undefined && sameKey(there, resource) ? adopt(there.name, 'it is there with the same key') : create();
    }
    case 'flavor': {
      const target = flavorFor(view, resource);
      if (target === 'create') return create('the plan says so');
      return target === undefined ? skip('no flavor stands for it') : adopt(target.id, `it becomes ${target.name}`);
    }
    case 'floating_ip': {
      const to = view.mappings.floating_ips[resource.id]?.to ?? 'auto';
      if (to === 'skip') return skip('the plan says so');
      const address = to === 'auto' ? null : canonicalIp(to === 'same' ? resource.floating_ip_address : to);
      const own = view.floatingIps.find(
        (one) => canonicalIp(one.floating_ip_address) === address && one.project_id === view.projectId,
      );
      return own === undefined ? create() : adopt(own.id, 'the project has this address');
    }
    case 'image':
      return skip('a server comes with its own disk; the image it was made from is not moved');
    case 'router':
    case 'gateway':
    case 'interface':
    case 'routes':
    case 'port':
    case 'disk':
    case 'server':
      return create();
  }
}
