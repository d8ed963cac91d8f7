import { canonicalIp } from '../../../ip.ts';
import { leadsAtOnce } from '../../../model/floating-server.ts';
import { refOf } from '../../../model/resource.ts';
import { wantedAddresses } from '../builders/router.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

const apart = 'Or accept this, where no network joins the two clouds there.';

/**
 * A router of the source keeps its address until somebody removes it there, after the commit. On a
 * network that both clouds reach two routers would answer for it from the first step on.
 */
export const sourceGateways: PreflightRule = (view) => {
  const used = usedByRouters(view);
  return created(view, view.of('gateway')).flatMap((gateway) =>
    wantedAddresses(gateway, view.mappings)
      .filter((address) => used.has(address))
      .map((address) =>
        blocking(
          'gateway.address_at_source',
          refOf('gateway', gateway.id),
          `A router of the source uses ${address} until it is removed there, and ${gateway.name} would take it before any server moves.`,
          `Set \`ip: auto\` in \`mappings.gateways\`. ${apart}`,
        ),
      ),
  );
};

/** The same for a floating IP that waits for no server: its port is none of a server that moves. */
export const sourceFloating: PreflightRule = (view) => {
  const document = {
    floating_ips: view.of('floating_ip'),
    port_forwardings: view.of('port_forwarding'),
    ports: view.of('port'),
    trunks: view.of('trunk'),
    servers: view.of('server'),
  };
  return view.of('floating_ip').flatMap((floating) => {
    const { id, floating_ip_address: address } = floating;
    const to = view.mappings.floating_ips[id]?.to ?? 'auto';
    const isSame = to === 'same' || canonicalIp(to) === canonicalIp(address);
    if (!isSame || !leadsAtOnce(floating, document)) return [];
    return [
      blocking(
        'floating_ip.address_at_source',
        refOf('floating_ip', id),
        `The floating IP ${address} leads to a port of no server that moves, or to several servers: it would lead there at the destination before any server moves, while the source uses it.`,
        `Set \`to: auto\` or \`to: skip\` in \`mappings.floating_ips\`. ${apart}`,
      ),
    ];
  });
};

/** The same for an interface in a network that is there already, which both clouds may reach. */
export const sourceInterfaces: PreflightRule = (view) =>
  created(view, view.of('interface')).flatMap((leg) => {
    const network = view.network(leg.network_id);
    if (!network) return [];
    const addresses = leg.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
    return [
      warning(
        'interface.address_at_source',
        refOf('interface', leg.id),
        `A router of the source uses ${addresses}, and one of the destination takes it in ${network.name} before any server moves.`,
        'Nothing, where no network joins the two clouds there. Otherwise let the network be created.',
      ),
    ];
  });

function usedByRouters(view: PreflightView): ReadonlySet<string> {
  const addresses = view.of('gateway').flatMap(({ external_fixed_ips }) => external_fixed_ips);
  return new Set(addresses.map(({ ip_address }) => canonicalIp(ip_address)));
}
