import type { BlockSource, Extent } from '../disk/block-source.ts';
import { merged } from '../disk/extents.ts';
import { NbdClient } from './client.ts';
import { allocation } from './wire.ts';

/** Bytes whose allocation is asked for at once; the answer may cover less. */
const askBytes = 1024 ** 3;

const context = 'base:allocation';

/**
 * Opens an export of an NBD server on a Unix socket as a disk. Without `base:allocation` it does
 * not report its zeros. Throws E_NBD.
 */
export async function openNbd(socket: string, exportName: string, signal: AbortSignal): Promise<BlockSource> {
  const client = await NbdClient.connect(socket, exportName, signal, [context]);
  return {
    size: client.size,
    origin: { kind: 'nbd', socket, exportName },
    read: (offset, length, into) => client.read(offset, length, into),
    ...(client.has(context) ? { extents: (until: AbortSignal) => merged(allocated(client, until)) } : {}),
    close: () => client.close(),
  };
}

/** Asks on from where the last answer ended: a server may report less than it was asked for. */
async function* allocated(client: NbdClient, signal: AbortSignal): AsyncGenerator<Extent> {
  for (let offset = 0; offset < client.size; ) {
    signal.throwIfAborted();
    for (const { length, flags } of await client.status(context, offset, Math.min(askBytes, client.size - offset))) {
      yield { offset, length, zero: (flags & allocation.zero) !== 0 };
      offset += length;
    }
  }
}
