import { z } from 'zod';
import { parse } from '../body.ts';
import type { Port } from '../neutron/model.ts';
import { removePort } from '../neutron/unplug.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { checkState, checkUnlocked, serverOf } from './instance.ts';
import { recordAction } from './instance-actions.ts';
import { plugInterface, requestNetworks, unplugInterface } from './networks.ts';

const interfaceView = (call: Call, port: Port): Record<string, unknown> => ({
  net_id: port.networkId,
  port_id: port.id,
  mac_addr: port.macAddress,
  port_state: port.status,
  fixed_ips: port.fixedIps,
  ...(call.minor >= 70 ? { tag: serverOf(call).portTags?.[port.id] ?? null } : {}),
});

function portsOf(call: Call): Port[] {
  return serverOf(call).portIds.flatMap((id) => call.cloud.state.ports.get(id) ?? []);
}

const request = z.strictObject({
  interfaceAttachment: z.strictObject({
    port_id: z.string().optional(),
    net_id: z.string().optional(),
    fixed_ips: z
      .array(z.strictObject({ ip_address: z.string() }))
      .max(1)
      .optional(),
    tag: z.string().optional(),
  }),
});

function attach(call: Call): Answer {
  const server = serverOf(call);
  const given = parse(request, call.body).interfaceAttachment;
  if (given.port_id !== undefined && given.net_id !== undefined) throw badRequest('Must not input both network_id and port_id');
  checkUnlocked(call, server);
  checkState(server, 'attach_interface', ['active', 'paused', 'stopped']);
  const wish =
    given.port_id === undefined && given.net_id === undefined
      ? undefined
      : [{ uuid: given.net_id, port: given.port_id, fixed_ip: given.fixed_ips?.[0]?.ip_address, tag: given.tag }];
  const [first] = requestNetworks(call, wish, []).requests;
  if (first === undefined) throw badRequest('No network to attach to.');
  const port = plugInterface(call.cloud, server, first);
  port.status = server.powerState === 1 ? 'ACTIVE' : 'DOWN';
  recordAction(call, server, 'attach_interface');
  return { status: 200, body: { interfaceAttachment: interfaceView(call, port) } };
}

function attached(call: Call): Port {
  const found = portsOf(call).find((port) => port.id === call.param('port'));
  if (found === undefined) throw notFound(`Instance ${call.param('id')} does not have a port with id ${call.param('port')}`);
  return found;
}

function detach(call: Call): Answer {
  const server = serverOf(call);
  const port = attached(call);
  checkUnlocked(call, server);
  checkState(server, 'detach_interface', ['active', 'paused', 'stopped']);
  recordAction(call, server, 'detach_interface');
  call.cloud.background.run(async () => {
    await call.cloud.background.pause(300);
    unplugInterface(call.cloud, server, port, (own) => removePort(call.cloud, own));
  });
  return { status: 202 };
}

/** Interfaces of servers. */
export const serverInterfaceRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers/:id/os-interface', (call) => ({
    status: 200,
    body: { interfaceAttachments: portsOf(call).map((port) => interfaceView(call, port)) },
  })),
  route('compute', 'POST', '/v2.1/servers/:id/os-interface', attach),
  route('compute', 'GET', '/v2.1/servers/:id/os-interface/:port', (call) => ({
    status: 200,
    body: { interfaceAttachment: interfaceView(call, attached(call)) },
  })),
  route('compute', 'DELETE', '/v2.1/servers/:id/os-interface/:port', detach),
];
