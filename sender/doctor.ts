import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadOrCreateIdentity } from '../protocol/transport/identity.ts';
import { Peers } from '../protocol/transport/peers.ts';
import { clockCheck, cloudCheck, daemonCheck, nodeCheck, stateCheck, toolsCheck } from '../shared/cli/checks.ts';
import type { Check } from '../shared/cli/doctor.ts';
import { stateHolder } from '../shared/lock.ts';
import { Problem } from '../shared/problem.ts';
import type { SenderConfig } from './config.ts';
import { senderClient } from './control/client.ts';
import { dialReceiver, receiverOf, sshOptions } from './receiver/link.ts';
import { mustBePrivate } from './spool/trust.ts';

/** What `sender doctor` asks once the configuration is read. */
export function senderChecks(config: SenderConfig): Check[] {
  return [
    nodeCheck(),
    clockCheck(),
    toolsCheck(),
    stateCheck(config.state),
    spoolCheck(config.spool, config.state),
    daemonCheck(config.state, config.control),
    cloudCheck(config.cloud, 'source'),
    receiverCheck(config),
  ];
}

function spoolCheck(folder: string, state: string): Check {
  return {
    name: 'spool',
    ask: async () => {
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: Error) => {
        const hint = 'Make it with `sender init`, as the user the daemon runs as.';
        throw new Problem('E_STATE_DAMAGED', `The spool ${folder} cannot be used: ${cause.message}.`, {
          about: folder,
          cause,
          hint,
        });
      });
      // The state directory is the daemon's, whoever asks.
      const { uid } = await stat(state);
      await mustBePrivate(folder, uid);
      return { says: `${folder} is watched for plans and documents` };
    },
  };
}

/** Asks a running daemon about its connection; without one, dials the receiver from here. */
function receiverCheck(config: SenderConfig): Check {
  return {
    name: 'receiver',
    needs: ['state'],
    ask: async (signal) => {
      const running = (await stateHolder(config.state)) !== undefined;
      const asked = running ? await senderClient(config.control).status({}, signal) : undefined;
      if (asked?.peer?.state === 'connected') return { says: `${asked.peer.name} at ${asked.peer.address} is connected` };
      return await dialled(config, signal);
    },
  };
}

async function dialled(config: SenderConfig, signal: AbortSignal): Promise<{ says: string; remedy?: string }> {
  const peers = new Peers(join(config.state, 'peers.json'));
  if ((await peers.list()).every((peer) => peer.address === undefined)) {
    return { says: 'not paired yet', remedy: '`receiver pair` prints a code, then `sender pair <address>` asks for it' };
  }
  const peer = await receiverOf(peers);
  const identity = await loadOrCreateIdentity(join(config.state, 'identity'), 'sender');
  const socket = await dialReceiver(
    { identity: () => identity, nextKey: () => undefined, peers, ssh: await sshOptions(config) },
    signal,
  );
  socket.close(1000);
  return { says: `${peer.name} at ${peer.address} answers, and its key is the one that was paired` };
}
