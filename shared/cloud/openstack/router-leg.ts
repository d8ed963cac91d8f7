/**
 * Device owners of router interfaces (neutron_lib/constants.py, ROUTER_INTERFACE_OWNERS), without
 * HA and SNAT ports.
 */
const legOwners: ReadonlySet<string> = new Set([
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
]);

/** Whether a port is a router's interface on a network of the tenant. */
export function isRouterLeg({ device_owner }: { readonly device_owner: string }): boolean {
  return legOwners.has(device_owner);
}
