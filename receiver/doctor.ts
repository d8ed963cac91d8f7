import { createServer } from 'node:net';
import { join } from 'node:path';
import { Peers } from '../protocol/transport/peers.ts';
import { clockCheck, cloudCheck, daemonCheck, nodeCheck, stateCheck, toolsCheck } from '../shared/cli/checks.ts';
import type { Check } from '../shared/cli/doctor.ts';
import { stateHolder } from '../shared/lock.ts';
import { Problem } from '../shared/problem.ts';
import type { ReceiverConfig } from './config.ts';

/** What `receiver doctor` asks once the configuration is read. */
export function receiverChecks(config: ReceiverConfig): Check[] {
  return [
    nodeCheck(),
    clockCheck(),
    toolsCheck(),
    stateCheck(config.state),
    daemonCheck(config.state, config.control),
    portCheck(config),
    cloudCheck(config.cloud, 'destination'),
    sendersCheck(config),
  ];
}

/** Without a running daemon the port is opened for a moment, to see that it is free. */
function portCheck({ state, listen: { host, port } }: ReceiverConfig): Check {
  return {
    name: 'port',
    needs: ['state'],
    ask: async () => {
      const where = `${host} port ${port}`;
      if ((await stateHolder(state)) !== undefined) return { says: `${where} is the daemon's` };
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.on('error', (cause) =>
          reject(new Problem('E_LISTEN', `Cannot listen on ${where}: ${cause.message}.`, { about: where, cause })),
        );
        server.listen({ host, port }, resolve);
      });
      await new Promise((resolve) => server.close(resolve));
      return { says: `${where} is free` };
    },
  };
}

function sendersCheck({ state }: ReceiverConfig): Check {
  return {
    name: 'sender',
    needs: ['state'],
    ask: async () => {
      const peers = await new Peers(join(state, 'peers.json')).list();
      if (peers.length > 0) return { says: `paired with ${peers.map((peer) => peer.name).join(', ')}` };
      return { says: 'not paired yet', remedy: '`receiver pair` prints a code, then `sender pair <address>` there asks for it' };
    },
  };
}
