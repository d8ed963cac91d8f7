/** What the guests report: their names, how far their counters are, what their disks hold. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Census } from './census.ts';
import { type CloudName, type GuestInfo, guestInfo, http } from './lab.ts';
import { until } from './migration.ts';
import { inNode } from './node.ts';

/** How long a guest may take from power on to its web page on a busy machine: milliseconds. */
const bootMs = 5 * 60_000;

/** A guest behind a floating IP, and what it told. */
export interface Guest {
  readonly floatingIp: string;
  readonly info: GuestInfo;
  /** What the next visitor will be told he is. */
  readonly nextVisitor: number;
  /** SHA-256 of a file of random bytes on its disk. */
  readonly blob: string;
}

/** Waits until the guest behind a floating IP answers. */
function untilAnswers(ip: string): Promise<GuestInfo> {
  return until(`The guest at ${ip}`, bootMs, () => guestInfo(ip));
}

/** Runs a script as root in a guest and gives what it printed. */
export function inGuest(ip: string, script: string): Promise<string> {
  return http(ip, '/cgi-bin/run', script);
}

/**
 * Writes to a guest's disk what only an exact copy can have: random bytes and a counter of
 * visitors.
 */
export async function leaveTraces(ip: string, blobMiB = 16): Promise<void> {
  await untilAnswers(ip);
  await inGuest(ip, `dd if=/dev/urandom of=/data/blob bs=65536 count=${blobMiB * 16} 2>/dev/null; sync`);
  for (let visit = 0; visit < 3; visit++) await http(ip, '/cgi-bin/counter');
}

/** Reads a guest's traces. One visitor is counted by that. */
export async function readTraces(ip: string): Promise<Guest> {
  await untilAnswers(ip);
  const blob = (await inGuest(ip, 'sha256sum /data/blob')).split(' ')[0] ?? '';
  const visitor = Number(await http(ip, '/cgi-bin/counter'));
  return { floatingIp: ip, info: await guestInfo(ip), nextVisitor: visitor + 1, blob };
}

/**
 * Every way in which the guest at the destination is not that of the source, continued from where
 * it was stopped.
 */
export async function notTheSame(before: Guest, ip: string): Promise<string[]> {
  const info = await untilAnswers(ip);
  const visitor = Number(await http(ip, '/cgi-bin/counter'));
  const blob = (await inGuest(ip, 'sha256sum /data/blob')).split(' ')[0];
  const { ticks } = info;
  await sleep(3_000);
  const later = await guestInfo(ip);
  const facts: readonly (readonly [boolean, string])[] = [
    [info.mac === before.info.mac, `MAC ${info.mac}, was ${before.info.mac}`],
    [info.ip === before.info.ip, `address ${info.ip}, was ${before.info.ip}`],
    [info.boots === before.info.boots + 1, `${info.boots} boots, were ${before.info.boots}`],
    [ticks > before.info.ticks, `${ticks} ticks, were ${before.info.ticks} before it was stopped`],
    [later.ticks > ticks, `its ticks stand still at ${ticks}`],
    [visitor === before.nextVisitor, `visitor ${visitor}, should be ${before.nextVisitor}`],
    [blob === before.blob, `blob ${blob}, was ${before.blob}`],
  ];
  return facts.flatMap(([holds, says]) => (holds ? [] : [`guest ${info.host}: ${says}`]));
}

/**
 * The floating address at which a server of the sample tenant is reached; its description is the
 * server's name.
 */
export function addressOf({ own }: Census, name: string): string {
  return String(own['floating ip'].find((ip) => ip['description'] === name)?.['floating_ip_address']);
}

/**
 * Asks a guest that has no floating IP, from the namespace of a router that shares a network with
 * it.
 */
export async function askThroughRouter(
  cloud: CloudName,
  router: string,
  ip: string,
  path: string,
  body?: string,
): Promise<string> {
  const post = body === undefined ? [] : ['--data-binary', '@-'];
  const command = ['curl', '-sS', '--fail', '--max-time', '10', ...post, `http://${ip}${path}`];
  const { code, stdout, stderr } = await inNode(cloud, ['ip', 'netns', 'exec', `qrouter-${router}`, ...command], {
    ...(body === undefined ? {} : { input: body }),
  });
  if (code !== 0) throw new Error(`${ip} through router ${router} of ${cloud}: ${stderr}`);
  return stdout;
}
