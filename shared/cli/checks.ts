import { execFile } from 'node:child_process';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { providers } from '../cloud/all.ts';
import type { CloudSection } from '../cloud/section.ts';
import { callControl } from '../control/call.ts';
import { mustBePrivate, stateHolder } from '../lock.ts';
import { showBytes } from '../print/units.ts';
import { Problem } from '../problem.ts';
import { release } from '../release.ts';
import type { Check } from './doctor.ts';

const run = promisify(execFile);

/** The oldest Node this release runs on: zstd and the sources' own syntax need it. */
const oldestNode = 24;

/** Free space in the state directory below which `doctor` warns: one ordinary server's disk. */
const littleSpaceBytes = 20 * 1024 ** 3;

/** Whether Node is new enough. */
export function nodeCheck(): Check {
  return {
    name: 'node',
    ask: async () => {
      const says = `godwit ${release} on Node ${process.version}`;
      if (Number.parseInt(process.versions.node, 10) >= oldestNode) return { says };
      throw new Problem('E_MISSING_TOOL', `${says}; it needs Node ${oldestNode} or newer.`, {
        hint: `Install Node ${oldestNode} or newer, or use the one that the install script brings.`,
      });
    },
  };
}

/** Whether the state directory can be used, and how much room it has. */
export function stateCheck(dir: string): Check {
  return {
    name: 'state',
    ask: async () => {
      const found = await stat(dir).catch((error: NodeJS.ErrnoException) => error);
      if (found instanceof Error) {
        const hint = 'Create it with the command `init`, as the user the daemon runs as.';
        throw new Problem('E_STATE_DAMAGED', `The state directory ${dir} cannot be used: ${found.message}.`, {
          about: dir,
          hint,
        });
      }
      await access(dir, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
        const hint = 'Run the command as the user the daemon runs as, or give that user the directory.';
        throw new Problem('E_STATE_DAMAGED', `The state directory ${dir} cannot be written.`, { about: dir, cause, hint });
      });
      await mustBePrivate(dir);
      const { bavail, bsize } = await statfs(dir);
      const freeBytes = bavail * bsize;
      const open = (found.mode & 0o077) !== 0 ? 'other users of this machine can read it' : undefined;
      const little =
        freeBytes < littleSpaceBytes ? 'disks are staged here while they move; make sure that the largest one fits' : undefined;
      const remedy = open !== undefined ? `${open}: chmod 700 ${dir}` : little;
      return { says: `${dir} is writable, ${showBytes(freeBytes)} free`, remedy };
    },
  };
}

/** Whether a daemon runs on the state directory, and whether it answers on its control socket. */
export function daemonCheck(dir: string, socket: string): Check {
  return {
    name: 'daemon',
    needs: ['state'],
    ask: async () => {
      const pid = await stateHolder(dir);
      if (pid === undefined) return { says: 'no daemon runs', remedy: 'start it with `systemctl start`, or the command `run`' };
      const status = await callControl<{ release: string }>(socket, 'status', {}, AbortSignal.timeout(5_000));
      if (status.release === release) return { says: `process ${pid} answers at ${socket}` };
      return { says: `process ${pid} is of release ${status.release}, this command of ${release}`, remedy: 'restart the daemon' };
    },
  };
}

/** Whether the clock is kept right; certificates, tokens and reports depend on it. */
export function clockCheck(): Check {
  return {
    name: 'clock',
    ask: async () => {
      const now = new Date().toISOString();
      // A machine without systemd has no `timedatectl`, and nothing to complain about.
      const asked = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 5_000 }).catch(
        () => undefined,
      );
      if (asked?.stdout.trim() !== 'no') return { says: `${now}${asked === undefined ? '' : ', synchronised'}` };
      return { says: `${now}, not synchronised`, remedy: 'let NTP set it: `timedatectl set-ntp true`' };
    },
  };
}

/** What each tool is for, as `doctor` says it where it is missing. */
const costs = {
  'qemu-img': 'only raw disks can be read, and their holes are read as zeros',
  'qemu-nbd': 'a disk that is not raw is converted before it is read, which takes its time and the room of a raw copy',
  setpriv: 'a qemu-nbd may outlive a daemon that is killed, for a moment',
  prlimit: 'nothing bounds the memory that QEMU takes for a disk',
} as const;

/** Whether the tools that read disks are there, and what it costs where they are not. */
export function toolsCheck(): Check {
  return {
    name: 'tools',
    ask: async () => {
      const asked = Object.entries(costs).map(async ([tool, cost]) => {
        const says = await run(tool, ['--version'], { timeout: 5_000 }).catch(() => undefined);
        return { tool, cost, says: says?.stdout.split('\n', 1)[0] };
      });
      const tools = await Promise.all(asked);
      const missing = tools.filter(({ says }) => says === undefined);
      const found = tools.flatMap(({ tool, says }) => (says === undefined ? [] : [tool === 'qemu-img' ? says : tool]));
      return {
        says: [found.join(', '), ...missing.map(({ tool, cost }) => `${tool} not found: ${cost}`)].filter(Boolean).join('\n'),
        remedy: missing.length === 0 ? undefined : 'apt install qemu-utils util-linux',
      };
    },
  };
}

/** Whether the cloud lets us in, what it offers there, and what the credentials may do. */
export function cloudCheck(section: CloudSection, side: 'source' | 'destination'): Check {
  return {
    name: 'cloud',
    ask: async (signal) => {
      const found = await providers[section.provider]?.examine?.(section.settings, side, signal);
      if (found !== undefined) return { says: found.says.join('\n'), remedy: found.remedy };
      return {
        says: `the provider ${section.provider} cannot be examined`,
        remedy: 'a capture or a plan shows whether it answers',
      };
    },
  };
}
