/** The device owners of a router's legs (neutron_lib/constants.py, ROUTER_INTERFACE_OWNERS); an HA or SNAT port of a router is none. */
const legOwners: ReadonlySet<string> = new Set([
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
]);

/** Whether a port joins a router to a network of the tenant. */
export function isRouterLeg({ device_owner }: { readonly device_owner: string }): boolean {
  return legOwners.has(device_owner);
}
