import type { Commands } from '../../shared/control/command.ts';
import * as campaigns from './commands/campaigns.ts';
import * as evidence from './commands/evidence.ts';
import * as pairing from './commands/pairing.ts';
import * as planning from './commands/planning.ts';
import * as status from './commands/status.ts';
import * as steering from './commands/steering.ts';
import type { SenderContext } from './context.ts';

/**
 * Everything that can be asked of a running sender; the control socket serves each under its name.
 */
export const senderCommands = {
  status: status.status,
  watch: status.watch,
  prune: status.prune,
  bandwidth: status.bandwidth,
  pair: pairing.pair,
  peers: pairing.peers,
  unpair: pairing.unpair,
  rotate: pairing.rotate,
  capture: planning.capture,
  plan: planning.plan,
  checkPlan: planning.checkPlan,
  migrate: campaigns.migrate,
  beginExport: campaigns.beginExport,
  bundle: campaigns.bundle,
  pause: steering.pause,
  resume: steering.resume,
  cutover: steering.cutover,
  cancel: steering.cancel,
  commit: steering.commit,
  rollback: steering.rollback,
  verify: evidence.verify,
  report: evidence.report,
  log: evidence.log,
  follow: evidence.follow,
} as const satisfies Commands<SenderContext>;
