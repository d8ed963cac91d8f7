import { canonicalIp } from '../../../ip.ts';
import type { ResourceOf } from '../../../model/resource.ts';
import type { ApiPortForwarding } from '../api.ts';
import { externalPorts, outsideOf } from '../builders/port-forwarding.ts';
import { adoptedFloating } from './adopted-floating.ts';
import type { PreflightView } from './view.ts';

type Wanted = ResourceOf<'port_forwarding'>;

/**
 * What the adopted floating IP of a port forwarding forwards of the same external ports already.
 */
export function forwardingsLike(view: PreflightView, wanted: Wanted): ApiPortForwarding[] {
  const floating = view.of('floating_ip').find(({ id }) => id === wanted.floating_ip_id);
  const there = floating && adoptedFloating(view, view.mappings, floating);
  if (there === undefined) return [];
  const [from, to] = externalPorts(wanted);
  return (view.forwardings.get(there.id) ?? []).filter((one) => {
    const [first, last] = externalPorts(one);
    return one.protocol.toLowerCase() === wanted.protocol.toLowerCase() && first <= to && from <= last;
  });
}

/** Whether it leads to the port that takes the place of ours, so that it is adopted. */
export function isSameForwarding(view: PreflightView, wanted: Wanted, is: ApiPortForwarding): boolean {
  return (
    outsideOf(is) === outsideOf(wanted) &&
    is.internal_port_id === view.port(wanted.internal_port_id)?.id &&
    canonicalIp(is.internal_ip_address) === canonicalIp(wanted.internal_ip_address)
  );
}
