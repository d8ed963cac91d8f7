import { refOf } from '../../../model/resource.ts';
import { forwardedRanges } from '../attributes/extensions.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule } from './rules.ts';

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
