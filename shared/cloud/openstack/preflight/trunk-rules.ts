import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiPort, ApiTrunk } from '../api.ts';
import { largestMtu } from './network-rules.ts';
import { blocking, type PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/**
 * A trunk that is adopted is not changed: it must be on the port that takes the place of ours, with
 * the same VLANs. It would be refused after the stop of its server.
 */
export const otherTrunkPorts: PreflightRule = (view) =>
  view.of('trunk').flatMap((trunk) => {
    const there = view.target('trunks', trunk.id);
    if (!there) return [];
    const why = whyOther(view, trunk, there);
    if (why === null) return [];
    const says = `Trunk ${trunk.name || trunk.id} is mapped to ${there.name || there.id}, ${why}.`;
    const remedy = 'Map the ports too, to those of that trunk, or let the trunk be created.';
    return [blocking('trunk.other_port', refOf('trunk', trunk.id), says, remedy)];
  });

function whyOther(view: PreflightView, trunk: ResourceOf<'trunk'>, there: ApiTrunk): string | null {
  if (view.port(trunk.port_id)?.id !== there.port_id) return 'whose parent is another port than that of the server';
  const written = (port: string, type: string, id: number): string => `${port} as ${type} ${id}`;
  const wanted = trunk.sub_ports.map((one) =>
    written(view.port(one.port_id)?.id ?? '', one.segmentation_type, one.segmentation_id),
  );
  const has = there.sub_ports.map((one) => written(one.port_id, one.segmentation_type, one.segmentation_id));
  return wanted.sort().join() === has.sort().join() ? null : 'which has other subports';
}

/**
 * A port is in one trunk at most, as its parent or as a subport (neutron/services/trunk/rules.py,
 * TrunkPortValidator and SubPortsValidator). Ours would be refused after the stop of its server.
 */
export const takenTrunkPorts: PreflightRule = (view) =>
  view.of('trunk').flatMap((trunk) => {
    if (view.target('trunks', trunk.id) !== null) return [];
    const ports = [trunk.port_id, ...trunk.sub_ports.map(({ port_id }) => port_id)].flatMap((id) => view.port(id) ?? []);
    const taken = ports.find(isInTrunk);
    if (taken === undefined) return [];
    const says = `A port of trunk ${trunk.name || trunk.id} is mapped to ${taken.name || taken.id}, which is in a trunk already.`;
    const remedy = 'Map the trunk to that one, or let the port be created.';
    return [blocking('trunk.port_taken', refOf('trunk', trunk.id), says, remedy)];
  });

/** Whether a port is the parent or a subport of a trunk (extension trunk-details). */
function isInTrunk({ trunk_details, device_owner }: ApiPort): boolean {
  return Boolean(trunk_details) || device_owner === 'trunk:subport';
}

/**
 * Neutron refuses a subport whose network has a larger MTU than that of the trunk's parent
 * (neutron/services/trunk/rules.py, SubPortsValidator). A network that is made may get less than it
 * is asked for, which no API tells before.
 */
export const subportMtu: PreflightRule = (view) =>
  view.of('trunk').flatMap((trunk) => {
    if (view.target('trunks', trunk.id) !== null) return [];
    const larger = trunk.sub_ports.find(({ port_id }) => {
      const subport = mtuOf(view, port_id);
      const parent = mtuOf(view, trunk.port_id);
      if (subport === null || parent === null) return false;
      const lowered = subport.isThere && !parent.isThere ? (largestMtu(view) ?? parent.mtu) : parent.mtu;
      return subport.mtu > Math.min(parent.mtu, lowered);
    });
    if (larger === undefined) return [];
    const mtu = mtuOf(view, larger.port_id)?.mtu;
    return [
      blocking(
        'trunk.mtu',
        refOf('trunk', trunk.id),
        `VLAN ${larger.segmentation_id} of trunk ${trunk.name || trunk.id} is in a network with an MTU of ${mtu}, and that of the trunk itself has less at the destination: the trunk would be refused.`,
        'Raise the MTU of the trunk’s network there, or map the VLAN to a network with a smaller one.',
      ),
    ];
  });

/** The MTU that a port's network has there, or is asked for; null where it cannot be told. */
function mtuOf(view: PreflightView, portId: string): { readonly mtu: number; readonly isThere: boolean } | null {
  const port = view.of('port').find(({ id }) => id === portId);
  const network = view.of('network').find(({ id }) => id === port?.network_id);
  const there = network === undefined ? undefined : view.network(network.id);
  if (there) return typeof there.mtu === 'number' ? { mtu: there.mtu, isThere: true } : null;
  const wanted = network?.mtu ?? null;
  return there === undefined || wanted === null || view.lacks.has('net-mtu-writable') ? null : { mtu: wanted, isThere: false };
}
