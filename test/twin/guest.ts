import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { Cloud } from './cloud.ts';
import type { StateFault } from './faults.ts';
import type { Server } from './nova/model.ts';
import { diskPaths, rootPath } from './nova/volumes.ts';

/** Where a guest keeps its record: the last bytes of its disk. */
const recordBytes = 4096;
const record = z.object({ boots: z.int(), ticks: z.int() });

/** What a guest has counted on its disk. */
type GuestRecord = z.infer<typeof record>;

/**
 * Whether the guest is simulated for this server: it is switched on, and the disk is stored raw.
 */
const isAlive = (cloud: Cloud, server: Server): boolean =>
  cloud.settings.guest && server.imageFormat.disk === 'raw' && existsSync(rootPath(cloud, server));

/**
 * Boots the guest of a server: it finds its record and counts one boot more.
 *
 * A disk that has grown since it was an image has the record where the image ended; the guest moves
 * it to the new end.
 */
export function bootGuest(cloud: Cloud, server: Server): void {
  if (!isAlive(cloud, server)) return;
  const found = readRecord(cloud, server) ?? { boots: 0, ticks: 0 };
  writeRecord(cloud, server, { boots: found.boots + 1, ticks: found.ticks });
}

/** Lets every running guest count one second. */
export function tickGuests(cloud: Cloud): void {
  for (const server of cloud.state.servers.values()) {
    if (server.vmState !== 'active' || !isAlive(cloud, server)) continue;
    const found = readRecord(cloud, server);
    if (found !== undefined) writeRecord(cloud, server, { boots: found.boots, ticks: found.ticks + 1 });
  }
}

/** Bytes of a guest's write that does not say how many. */
const writeBytes = 4096;

/**
 * Lets every running guest that is switched to write do so once on each of its disks: fresh bytes,
 * one write behind the other, round and round.
 */
export function writeGuests(cloud: Cloud, turn: number): void {
  for (const server of cloud.state.servers.values()) {
    if (server.vmState !== 'active' || server.imageFormat.disk !== 'raw' || !existsSync(rootPath(cloud, server))) continue;
    const fault = cloud.faults.take('guest-writes', server.name);
    if (fault === undefined) continue;
    for (const path of diskPaths(cloud, server)) writeTo(path, fault, turn);
  }
}

function writeTo(path: string, { bytes = writeBytes, span = Number.POSITIVE_INFINITY }: StateFault, turn: number): void {
  const file = openSync(path, 'r+');
  try {
    const room = Math.min(span, fstatSync(file).size) - bytes;
    if (room >= 0) writeSync(file, randomBytes(bytes), 0, bytes, (turn * bytes) % (room + 1));
  } finally {
    closeSync(file);
  }
}

/** The record of a server's guest; undefined if it has never booted. */
function readRecord(cloud: Cloud, server: Server): GuestRecord | undefined {
  if (!isAlive(cloud, server)) return undefined;
  const file = openSync(rootPath(cloud, server), 'r');
  try {
    const size = fstatSync(file).size;
    return recordAt(file, size) ?? recordAt(file, server.imageFormat.size);
  } finally {
    closeSync(file);
  }
}

function recordAt(file: number, end: number): GuestRecord | undefined {
  if (end < recordBytes) return undefined;
  const bytes = Buffer.alloc(recordBytes);
  readSync(file, bytes, 0, recordBytes, end - recordBytes);
  if (bytes[0] !== 0x7b) return undefined;
  try {
    return record.parse(JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(0))));
  } catch {
    return undefined;
  }
}

function writeRecord(cloud: Cloud, server: Server, value: GuestRecord): void {
  const file = openSync(rootPath(cloud, server), 'r+');
  try {
    const size = fstatSync(file).size;
    if (size < recordBytes) return;
    const bytes = Buffer.alloc(recordBytes);
    bytes.write(JSON.stringify(value));
    writeSync(file, bytes, 0, recordBytes, size - recordBytes);
  } finally {
    closeSync(file);
  }
}

/** The guest's console output. */
export function consoleOf(cloud: Cloud, server: Server): string {
  const found = readRecord(cloud, server);
  if (found === undefined) return '';
  const port = cloud.state.ports.get(server.portIds[0] ?? '');
  const ip = port?.fixedIps[0]?.ip_address ?? '-';
  return `TWIN-READY host=${server.hostname} ip=${ip} mac=${port?.macAddress ?? '-'} boots=${found.boots} ticks=${found.ticks}\n`;
}
