import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import type { Child } from '../lab/side.ts';
import { tool } from '../lab/tool.ts';
import { copySparse } from '../setup/changes.ts';
import type { Contender, Job, Ready } from './contender.ts';
import { SshServer } from './ssh.ts';

const port = 10_809;

/** A rival that reaches the other side through OpenSSH; `line` is what a person would type. */
function overSsh(name: string, line: (disk: string, arrived: string, ssh: string) => string): Contender {
  return {
    name,
    async prepare(lab: Lab, { disk, older }: Job): Promise<Ready> {
      const arrived = join(lab.arrivals, 'disk.raw');
      if (older !== undefined) await copySparse(older, arrived);
      const server = await SshServer.open(lab);
      return {
        arrived,
        async run() {
          await ended(lab.near.spawn(['bash', '-o', 'pipefail', '-ec', line(disk, arrived, server.options)]));
          return undefined;
        },
        async close() {
          await server.close();
          await lab.far.clear();
        },
      };
    },
  };
}

/**
 * A rival that talks to its own server on the other side. `once`: the server ends with the
 * transfer, and all has arrived only then.
 */
function overPort(
  name: string,
  serve: (arrived: string, address: string) => string,
  line: (disk: string, address: string) => string,
  once = false,
): Contender {
  return {
    name,
    async prepare(lab: Lab, { disk }: Job): Promise<Ready> {
      const arrived = join(lab.arrivals, 'disk.raw');
      const bytes = (await tool('stat', ['-c', '%s', disk])).trim();
      if (!once) await tool('truncate', ['-s', bytes, arrived]);
      const server = lab.far.spawn(['bash', '-o', 'pipefail', '-ec', serve(arrived, lab.network.address)]);
      const served = ended(server);
      served.catch(() => undefined);
      await listening(lab);
      return {
        arrived,
        async run() {
          await ended(lab.near.spawn(['bash', '-o', 'pipefail', '-ec', line(disk, lab.network.address)]));
          if (once) await served;
          return undefined;
        },
        close: () => lab.far.clear(),
      };
    },
  };
}

const rsync = (more: string) => (disk: string, arrived: string, ssh: string) =>
  // -I: a disk of the same size and time may still differ, as after a warm round.
  `rsync -S --inplace -I ${more} -e 'ssh ${ssh}' ${disk} far:${arrived}`;

const nbd = (arrived: string, address: string): string => `exec nbdkit -f -p ${port} -i ${address} --threads=4 file ${arrived}`;

/** What people use today, by a short name. */
export const rivals = {
  scp: overSsh('scp', (disk, arrived, ssh) => `scp -q ${ssh} ${disk} far:${arrived}`),
  rsync: overSsh('rsync -S --inplace', rsync('')),
  rsyncZstd1: overSsh('rsync, zstd level 1', rsync('-z --zc=zstd --zl=1')),
  rsyncZstd3: overSsh('rsync, zstd level 3', rsync('-z --zc=zstd --zl=3')),
  tarZstdSsh: overSsh(
    'tar | zstd | ssh',
    (disk, arrived, ssh) =>
      `tar -S -c -C $(dirname ${disk}) --transform='s,.*,disk.raw,' $(basename ${disk}) | zstd -q -3 -T2 | ssh ${ssh} far 'zstd -q -d | tar -S -x -C $(dirname ${arrived})'`,
  ),
  zstdLong: overPort(
    'zstd -3 --long | socat',
    (arrived, address) => `socat -u TCP-LISTEN:${port},bind=${address},reuseaddr - | zstd -q -d --long=27 --sparse -o ${arrived}`,
    (disk, address) => `zstd -q -3 -T2 --long=27 -c ${disk} | socat -u - TCP:${address}:${port}`,
    true,
  ),
  nbdcopy: overPort('nbdcopy', nbd, (disk, address) => `nbdcopy ${disk} nbd://${address}:${port}`),
  nbdcopyFlush: overPort('nbdcopy --flush', nbd, (disk, address) => `nbdcopy --flush ${disk} nbd://${address}:${port}`),
  qemuImg: overPort(
    'qemu-img convert to NBD',
    nbd,
    (disk, address) => `qemu-img convert -n --target-is-zero -W -f raw -O raw ${disk} nbd://${address}:${port}`,
  ),
} as const satisfies Record<string, Contender>;

/** Waits until a program ends; throws with what it said when it failed. */
function ended(child: Child): Promise<void> {
  let said = '';
  child.stdout.resume();
  child.stderr.on('data', (text: Buffer) => {
    said = `${said}${text.toString()}`.slice(-2000);
  });
  child.stdin.end();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`A rival ended with ${code}: ${said}`))));
  });
}

/**
 * Waits until the far side listens, without connecting: socat serves one connection and no more.
 */
async function listening(lab: Lab): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const shown = await tool('nsenter', [`--net=/run/netns/${lab.far.namespace}`, 'ss', '-Hltn', `sport = :${port}`]);
    if (shown.includes(`:${port}`)) return;
    await sleep(25);
  }
  throw new Error('A rival does not listen.');
}
