import { cpus, release, totalmem } from 'node:os';
import { congestionControl } from '../lab/network.ts';
import { shell } from '../lab/tool.ts';

/** What the numbers were measured on and with, by name. */
export async function describeMachine(): Promise<Readonly<Record<string, string>>> {
  const first = async (line: string): Promise<string> => (await shell(`(${line}) 2>&1`)).split('\n')[0] ?? '';
  return {
    processor: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    tcp: await congestionControl(),
    node: process.version,
    rsync: await first('rsync --version'),
    openssh: await first('ssh -V'),
    zstd: await first('zstd --version'),
    nbdcopy: await first('nbdcopy --version'),
    qemu: await first('qemu-img --version'),
  };
}
