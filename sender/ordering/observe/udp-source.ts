import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Problem } from '../../../shared/problem.ts';
import { datagramHandlers, type ExportFormat, mostExporters } from './datagram-handlers.ts';
import type { KnownNetworks, TrafficSource } from './source.ts';

/** Receive buffer of the socket, in bytes. */
const receiveBytes = 4 * 1024 * 1024;

/** Receives exported flows on a UDP port of this machine. */
export function udpSource(format: ExportFormat, port: number, node: string, networks: KnownNetworks): TrafficSource {
  const name = `${format} ${node}:${port}`;
  return {
    name,
    live: true,
    watch: async (sink, signal) => {
      const { handle, end } = datagramHandlers[format](networks);
      const exporters = new Set<string>();
      const socket = await bind(port);
      const from = new Date().toISOString();
      socket.on('message', (datagram, { address }) => {
        const known = exporters.has(address) || exporters.size < mostExporters;
        if (!known) return sink.reject('over_limit');
        exporters.add(address);
        handle(datagram, address, sink);
      });
      try {
        if (!signal.aborted) await once(socket, 'close', { signal });
      } catch (error) {
        if (!signal.aborted)
          throw new Problem('E_OBSERVE', `${name} failed: ${(error as Error).message}.`, { about: name, cause: error });
      } finally {
        socket.close();
      }
      end?.(sink);
      if (exporters.size === 0) sink.say(`${name}: no datagram arrived.`);
      return { name, from, until: new Date().toISOString() };
    },
  };
}

async function bind(port: number): Promise<Socket> {
  // One socket serves both families; a machine without IPv6 needs an IPv4 socket.
  for (const type of ['udp6', 'udp4'] as const) {
    const socket = createSocket({ type, recvBufferSize: receiveBytes });
    try {
      socket.bind(port);
      await once(socket, 'listening');
      return socket;
    } catch (error) {
      socket.close();
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (type === 'udp6' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) continue;
      throw new Problem(
        'E_LISTEN',
        `UDP port ${port} cannot be opened: ${code === 'EADDRINUSE' ? 'another program uses it' : code}.`,
        {
          about: `${port}/udp`,
          cause: error,
          hint: 'Choose another port, or stop the program that uses it.',
        },
      );
    }
  }
  throw new Problem('E_LISTEN', `UDP port ${port} cannot be opened.`, { about: `${port}/udp` });
}
