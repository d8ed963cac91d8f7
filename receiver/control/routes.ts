import { z } from 'zod';
import { callControl, sendControl } from '../../shared/control/call.ts';
import { type Routes, route, takes } from '../../shared/control/route.ts';
import { Mappings } from '../../shared/model/mappings.ts';
import type { CheckNews, ImportNews, ReceiverCommands } from './commands.ts';

const Nothing = z.object({});
const Campaign = z.object({ campaign: z.string().min(1) });

const UnwantedParams = z.discriminatedUnion('which', [
  z.object({ which: z.literal('campaign'), campaign: z.string().min(1) }),
  z.object({ which: z.literal('older'), days: z.number().min(0) }),
  z.object({ which: z.literal('all') }),
]);

/** The receiver's commands as routes of its control socket, one each. */
export function receiverRoutes(commands: ReceiverCommands): Routes {
  return {
    status: route(Nothing, () => commands.status()),
    pair: route(z.object({ seconds: z.int().min(1).max(3600).optional() }), ({ seconds }) => commands.pair(seconds)),
    peers: route(Nothing, () => commands.peers()),
    unpair: route(z.object({ name: z.string() }), ({ name }) => commands.unpair(name)),
    rotate: route(Nothing, () => commands.rotate()),
    ledger: route(z.object({ campaign: z.string().min(1).optional() }), ({ campaign }) => commands.ledger(campaign)),
    kept: route(Nothing, () => commands.kept()),
    freeKept: route(UnwantedParams, (unwanted) => commands.freeKept(unwanted)),
    import: takes(z.object({ mappings: Mappings }), ({ mappings }, signal, bundle) => commands.import(bundle, mappings, signal)),
    check: takes(z.object({ mappings: Mappings }), ({ mappings }, signal, bundle) => commands.check(bundle, mappings, signal)),
    commit: route(Campaign, ({ campaign }) => commands.commit(campaign)),
    rollback: route(Campaign, ({ campaign }) => commands.rollback(campaign)),
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
    kept: () => callControl(socket, 'kept'),
    freeKept: (unwanted) => callControl(socket, 'freeKept', unwanted),
    import: (bundle, mappings, signal) => sendControl<ImportNews>(socket, 'import', { mappings }, bundle, signal),
    check: (bundle, mappings, signal) => sendControl<CheckNews>(socket, 'check', { mappings }, bundle, signal),
    commit: (campaign) => callControl(socket, 'commit', { campaign }),
    rollback: (campaign) => callControl(socket, 'rollback', { campaign }),
  };
}
