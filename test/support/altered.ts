import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './in-process.ts';

/** Alters one byte of a disk that is verified at the receiver, where it is not zero. */
export async function alter(world: Pick<World, 'receiverState'>, campaign: string, server: string): Promise<void> {
  const path = join(world.receiverState, 'campaigns', campaign, 'disks', server, `${server}.root.raw`);
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  let at = 0;
  do await file.read(byte, 0, 1, at++);
  while (byte[0] === 0);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at - 1);
  await file.close();
}
