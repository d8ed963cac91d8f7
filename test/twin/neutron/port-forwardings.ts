import { z } from 'zod';
import { parse } from '../body.ts';
import { newUuid } from '../identifier.ts';
import { type Call, type Route, route } from '../route.ts';
import type { FloatingIp } from './model.ts';
import { missing, mustOwn, seen } from './standard.ts';

const wanted = z.strictObject({
  port_forwarding: z.strictObject({
    protocol: z.enum(['tcp', 'udp']),
    external_port: z.int(),
    internal_port: z.int(),
    internal_ip_address: z.string(),
    internal_port_id: z.string(),
  }),
});

function floatingOf(call: Call): FloatingIp {
  return seen(call, call.cloud.state.floatingIps, missing.floatingIp);
}

/**
 * Port forwardings of floating IPs, as a cloud has them that does not show them in the floating IP
 * (neutron/extensions/floating_ip_port_forwarding.py, without expose_port_forwarding_in_fip).
 */
export const portForwardingRoutes: readonly Route[] = [
  route('network', 'GET', '/v2.0/floatingips/:id/port_forwardings', (call) => {
    const { id } = floatingOf(call);
    const found = [...call.cloud.state.portForwardings.values()].filter((one) => one.floatingIpId === id);
    return { status: 200, body: { port_forwardings: found.map((one) => ({ ...one, floatingIpId: undefined })) } };
  }),
  route('network', 'POST', '/v2.0/floatingips/:id/port_forwardings', (call) => {
    const floating = floatingOf(call);
    mustOwn(call, floating, 'create_floatingip_port_forwarding');
    const view = { id: newUuid(), ...parse(wanted, call.body).port_forwarding };
    call.cloud.state.portForwardings.set(view.id, { ...view, floatingIpId: floating.id });
    call.cloud.changed();
    return { status: 201, body: { port_forwarding: view } };
  }),
];
