import { refOf } from '../../../model/resource.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/**
 * An external network must have addresses left for the gateways and floating IPs that are created.
 * Only an admin is told how many it has.
 */
export const addressRoom: PreflightRule = (view) =>
  view
    .of('network')
    .filter(({ external }) => external)
    .flatMap((network) => {
      const there = view.network(network.id);
      const told = view.availability.find((one) => one.network_id === there?.id);
      if (told === undefined) return [];
      const four = told.subnet_ip_availability.filter((one) => one.ip_version === 4);
      const free = four.reduce((sum, one) => sum + one.total_ips - one.used_ips, 0);
      const wanted = wantedFrom(view, network.id);
      if (wanted <= free) return [];
      return [
        blocking(
          'network.addresses',
          refOf('network', network.id),
          `The external network ${there?.name} has ${free} addresses left; gateways and floating IPs need ${wanted}.`,
          'Add a subnet or a pool to it, map to another network, or skip floating IPs.',
        ),
      ];
    });

function wantedFrom(view: PreflightView, networkId: string): number {
  const gateways = view.of('gateway').filter((one) => one.network_id === networkId);
  const floating = view.of('floating_ip').filter((one) => one.floating_network_id === networkId);
  return created(view, gateways).length + created(view, floating).length;
}
