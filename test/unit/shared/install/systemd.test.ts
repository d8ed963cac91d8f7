import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openNotifier } from '../../../../shared/notify.ts';

const root = join(import.meta.dirname, '../../../..');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const why = hasSystemd ? '' : ' (skipped: this machine has no systemd-analyze)';

describe.each(['sender', 'receiver'])('godwit-%s.service', (name) => {
  const source = join(root, name, `${name}.service`);
  let folder: string;
  let unit: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'godwit-unit-'));
    unit = join(folder, `godwit-${name}.service`);
    // The verifier wants the program to exist; nothing is installed here, so this Node stands for
    // the installed one.
    writeFileSync(unit, readFileSync(source, 'utf8').replace('/opt/godwit/bin/node', process.execPath));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(!hasSystemd)(`is verified by systemd without a word${why}`, () => {
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect([verified.status, verified.stderr]).toEqual([0, '']);
  });

  test.skipIf(!hasSystemd)(`is exposed by 2.0 at most${why}`, () => {
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', unit], {
      encoding: 'utf8',
    });
    expect(Number(/Overall exposure level.*: ([\d.]+)/.exec(rated.stdout)?.[1])).toBeLessThanOrEqual(2);
    expect(rated.status).toBe(0);
  });

  test('lets the daemon read the addresses of its machine, which getifaddrs(3) asks for over netlink', () => {
    expect(/^RestrictAddressFamilies=(.*)$/m.exec(readFileSync(source, 'utf8'))?.[1]?.split(' ')).toContain('AF_NETLINK');
  });

  test('gives a reason above every block of its settings', () => {
    const blocks = readFileSync(source, 'utf8').split(/\n\s*\n/);
    const bare = blocks.filter((block) => /^\w+=/m.test(block) && !/^#/m.test(block) && !block.startsWith('[Install]'));
    expect(bare).toEqual([]);
  });
});

describe('sd_notify', () => {
  test('tells the service manager that the daemon is ready, feeds its watchdog, and tells that it stops', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-notify-'));
    try {
      const said = join(folder, 'said');
      writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >>${said}\n`, { mode: 0o755 });
      const environment = { PATH: `${folder}:/usr/bin:/bin`, NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '60000' };
      const notifier = openNotifier(environment, pino({ level: 'silent' }));
      await notifier.ready('two\nlines');
      await new Promise((resolve) => setTimeout(resolve, 120));
      await notifier.stopping();
      const lines = readFileSync(said, 'utf8').trim().split('\n');
      expect(lines[0]).toBe('READY=1 STATUS=two lines');
      expect(lines.at(-1)).toBe('STOPPING=1');
      expect(lines.filter((line) => line === 'WATCHDOG=1').length).toBeGreaterThanOrEqual(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('says nothing, and runs nothing, where no manager listens', async () => {
    const warned: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) });
    const notifier = openNotifier({ PATH: '/nonexistent' }, log);
    await notifier.ready('ready');
    await notifier.stopping();
    expect(warned).toEqual([]);
  });
});

test('the install script is a shell script that parses, and refuses words it does not know', () => {
  const script = join(root, 'shared/install/install.sh');
  execFileSync('bash', ['-n', script]);
  const refused = spawnSync('bash', [script, '--frobnicate'], { encoding: 'utf8' });
  expect([refused.status, refused.stderr]).toEqual([2, "install.sh: unknown word '--frobnicate'; see --help\n"]);
  expect(execFileSync('bash', [script, '--help'], { encoding: 'utf8' })).toContain('--uninstall');
});
