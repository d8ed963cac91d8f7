import { wordOf } from '../../../model/kind-words.ts';
import { type Kind, type Ref, refOf } from '../../../model/resource.ts';
import type { ApiFloatingIp, ApiNetwork, ApiPort, ApiRouter } from '../api.ts';
import type { Scope } from './scope.ts';

/** What has a QoS policy, as a person knows it. */
interface PolicyUser {
  readonly ref: Ref;
  readonly name: string;
  readonly policy: string;
}

/** What of a project may have a QoS policy. */
export interface Having {
  readonly scope: Scope;
  readonly networks: readonly ApiNetwork[];
  readonly ports: readonly ApiPort[];
  readonly floatingIps: readonly ApiFloatingIp[];
  readonly routers: readonly ApiRouter[];
}

/** What of a project has a QoS policy. Networks of others are not created, and need none. */
export function policyUsers({ scope, networks, ports, floatingIps, routers }: Having): PolicyUser[] {
  const user = (kind: Kind, id: string, name: string, policy: string | null | undefined): PolicyUser[] =>
    policy ? [{ ref: refOf(kind, id), name: `${wordOf(kind)} ${name || id}`, policy }] : [];
  const own = networks.filter((one) => one.project_id === scope.projectId && !one['router:external']);
  return [
    ...own.flatMap((one) => user('network', one.id, one.name, one.qos_policy_id)),
    ...ports.flatMap((one) => user('port', one.id, one.name, one.qos_policy_id)),
    ...floatingIps.flatMap((one) => user('floating_ip', one.id, one.floating_ip_address, one.qos_policy_id)),
    ...routers.flatMap((one) => user('gateway', one.id, one.name, one.external_gateway_info?.qos_policy_id)),
  ];
}
