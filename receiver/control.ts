import { z } from 'zod';
import { callControl } from '../shared/control/call.ts';
import { type Routes, route } from '../shared/control/route.ts';
import type { ReceiverCommands } from './commands.ts';

const Nothing = z.object({});

/** The receiver's commands as routes of its control socket, one each. */
export function receiverRoutes(commands: ReceiverCommands): Routes {
  return {
    status: route(Nothing, () => commands.status()),
    pair: route(z.object({ seconds: z.int().min(1).max(3600).optional() }), ({ seconds }) => commands.pair(seconds)),
    peers: route(Nothing, () => commands.peers()),
    unpair: route(z.object({ name: z.string() }), ({ name }) => commands.unpair(name)),
    rotate: route(Nothing, () => commands.rotate()),
    ledger: route(z.object({ campaign: z.string().min(1).optional() }), ({ campaign }) => commands.ledger(campaign)),
  };
}

/** The daemon's commands as seen from another process, over its control socket. */
export function receiverClient(socket: string): ReceiverCommands {
  return {
    status: () => callControl(socket, 'status'),
    pair: (seconds) => callControl(socket, 'pair', { seconds }),
    peers: () => callControl(socket, 'peers'),
    unpair: (name) => callControl(socket, 'unpair', { name }),
    rotate: () => callControl(socket, 'rotate'),
    ledger: (campaign) => callControl(socket, 'ledger', { campaign }),
  };
}
