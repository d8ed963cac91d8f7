import { type Ref, refOf } from '../../../model/resource.ts';
import type { Contents } from './contents.ts';

/**
 * The gateway and the interface that the cloud requires before it leads a floating IP to a port.
 */
export function reachOf(routerId: string | null, portId: string | null, contents: Contents): Ref[] {
  const router = contents.routers.find((one) => one.id === routerId);
  const port = contents.ports.find((one) => one.id === portId);
  if (router === undefined || port === undefined) return [];
  const leg = contents.interfaces.find((one) => one.device_id === router.id && one.network_id === port.network_id);
  const gateway = router.external_gateway_info ? [refOf('gateway', router.id)] : [];
  return [...gateway, ...(leg === undefined ? [] : [refOf('interface', leg.id)])];
}
