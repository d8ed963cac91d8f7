import type { Commands } from '../../shared/control/command.ts';
import * as bundles from './commands/bundles.ts';
import * as kept from './commands/kept.ts';
import * as owners from './commands/owners.ts';
import * as pairing from './commands/pairing.ts';
import * as places from './commands/places.ts';
import * as status from './commands/status.ts';
import type { ReceiverContext } from './context.ts';

/**
 * Everything that can be asked of a running receiver; the control socket serves each under its
 * name.
 */
export const receiverCommands = {
  status: status.status,
  ledger: status.ledger,
  pair: pairing.pair,
  peers: pairing.peers,
  unpair: pairing.unpair,
  rotate: pairing.rotate,
  give: owners.give,
  place: places.place,
  import: bundles.importBundle,
  check: bundles.check,
  commit: bundles.commit,
  rollback: bundles.rollback,
  kept: kept.kept,
  freeKept: kept.freeKept,
} as const satisfies Commands<ReceiverContext>;
