import { refOf } from '../../../model/resource.ts';
import { forwardedRanges } from '../attributes/extensions.ts';
import { created } from './decisions.ts';
import { forwardingsLike, isSameForwarding } from './forwarded.ts';
import { blocking, type PreflightRule } from './rules.ts';

/**
 * What an adopted floating IP forwards elsewhere stays so; ours would be refused after the stop.
 */
export const takenForwardings: PreflightRule = (view) =>
  view.of('port_forwarding').flatMap((wanted) => {
    const other = forwardingsLike(view, wanted).find((one) => !isSameForwarding(view, wanted, one));
    if (other === undefined) return [];
    return [
      blocking(
        'port_forwarding.taken',
        refOf('port_forwarding', wanted.id),
        `The destination's floating IP that takes the place of ${wanted.name} forwards this to ${other.internal_ip_address} already.`,
        `Remove that port forwarding, or change \`mappings.floating_ips\` for ${wanted.floating_ip_id}.`,
      ),
    ];
  });

/** A range of ports is forwarded whole; it would be refused after the stop of its server. */
export const unforwardedRanges: PreflightRule = (view) => {
  if (!view.lacks.has(forwardedRanges)) return [];
  const ranges = created(view, view.of('port_forwarding')).filter(
    (one) => one.external_port_range !== null || one.internal_port_range !== null,
  );
  return ranges.map(({ id, name }) =>
    blocking(
      'extension.absent',
      refOf('port_forwarding', id),
      `The destination's Neutron lacks the extension ${forwardedRanges}, without which it forwards no range of ports: ${name}.`,
      'Enable it at the destination, or skip the port forwarding.',
    ),
  );
};
