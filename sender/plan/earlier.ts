import type { Result } from '../../protocol/messages.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { type Mappings, noMappings, overlaid } from '../../shared/model/mappings.ts';
import { idOf, kindOf } from '../../shared/model/resource.ts';

/** What earlier campaigns built, as the receiver tells it. */
export type EarlierBuilt = NonNullable<Result<'campaign.preflight'>['earlier']>;

type MappingEntry = Mappings['networks'][string];

/**
 * Mappings to what earlier campaigns built, over those that were proposed. What is mapped to
 * something that existed before stays so.
 */
export function adopting(proposed: Mappings, earlier: EarlierBuilt, document: Configurations): Mappings {
  const found = (
    kind:
      | 'qos_policy'
      | 'network'
      | 'address_scope'
      | 'subnet_pool'
      | 'router'
      | 'address_group'
      | 'security_group'
      | 'port'
      | 'trunk'
      | 'server_group'
      | 'dns_zone'
      | 'flavor',
    resources: readonly { readonly id: string; readonly name: string }[],
    before: Readonly<Record<string, MappingEntry>> = {},
  ): Record<string, MappingEntry> => {
    const isFree = ({ ref }: EarlierBuilt[number]): boolean =>
      kindOf(ref) === kind && (before[idOf(ref)]?.to ?? 'create') === 'create';
    const entries = earlier.filter(isFree).map(({ ref, id: to }): [string, MappingEntry] => {
      const name = resources.find(({ id }) => id === idOf(ref))?.name;
      return [idOf(ref), name ? { name, to } : { to }];
    });
    return Object.fromEntries(entries);
  };
  const floating = earlier.flatMap(({ ref, address }) =>
    kindOf(ref) === 'floating_ip' && address !== undefined ? [[idOf(ref), { address, to: address }] as const] : [],
  );
  return overlaid(proposed, {
    ...noMappings,
    networks: found('network', document.networks, proposed.networks),
    flavors: found('flavor', document.flavors, proposed.flavors),
    qos_policies: found('qos_policy', document.qos_policies, proposed.qos_policies ?? {}),
    routers: found('router', document.routers, proposed.routers ?? {}),
    address_scopes: found('address_scope', document.address_scopes, proposed.address_scopes ?? {}),
    subnet_pools: found('subnet_pool', document.subnet_pools, proposed.subnet_pools ?? {}),
    address_groups: found('address_group', document.address_groups, proposed.address_groups ?? {}),
    security_groups: found('security_group', document.security_groups, proposed.security_groups ?? {}),
    trunks: found('trunk', document.trunks, proposed.trunks ?? {}),
    ports: found('port', document.ports, proposed.ports ?? {}),
    server_groups: found('server_group', document.server_groups, proposed.server_groups ?? {}),
    dns_zones: found('dns_zone', document.dns_zones, proposed.dns_zones ?? {}),
    floating_ips: Object.fromEntries(floating),
  });
}
