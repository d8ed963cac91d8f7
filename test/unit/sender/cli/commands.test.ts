import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
});
afterEach(() => line.close());

describe('sender plan', () => {
  test('writes the plan, tells every concern with its remedy, and ends with 40 when one is blocking', async () => {
    const file = line.file('plan.yaml');
    expect(await line.run('plan', '--project', 'shop', '--server', 'web', '-rf', '-o', file)).toBe(2);
    expect(await line.run('plan', '--project', 'shop', '--server', 'web', 'db', '-o', file)).toBe(40);
    expect(await readFile(file, 'utf8')).toMatch(/^version: 1\n/);
    expect(line.output.text()).toContain(`Wrote ${file}.`);
    expect(line.daemon.asked).toEqual([['plan', { project: 'shop', servers: ['web', 'db'] }]]);
    const said = line.told();
    expect(said.indexOf('flavor.missing')).toBeLessThan(said.indexOf('name.twice'));
    expect(said).toContain('m1.\\u{1b}[2Jtiny');
  });

  test('says the same as JSON, on stdout, with the same status', async () => {
    expect(await line.run('plan', '--all', '--json')).toBe(40);
    expect(line.printed()).toMatchObject({
      plan: 'version: 1\n',
      concerns: [{ code: 'name.twice' }, { code: 'flavor.missing' }],
      decisions: [],
    });
    expect(line.output.err).toEqual([]);
  });

  test('writes over its own plan, and never over one that was edited unless it is forced', async () => {
    const file = line.file('plan.yaml');
    for (const again of [1, 2, 3]) expect([again, await line.run('plan', '--all', '-o', file)]).toEqual([again, 40]);
    await writeFile(file, (await readFile(file, 'utf8')).replace('version: 1', 'version: 1 # mine'));
    line.daemon.asked.length = 0;
    expect(await line.run('plan', '--all', '-o', file)).toBe(2);
    expect(line.told()).toContain('plan.yaml was edited since `sender plan` wrote it, or is no plan; it is not overwritten.');
    expect(await readFile(file, 'utf8')).toContain('# mine');
    expect(line.daemon.asked).toEqual([]);
    expect(await line.run('plan', '--all', '-o', file, '--force')).toBe(40);
    expect(await readFile(file, 'utf8')).not.toContain('# mine');
  });

  test('--check hands an edited plan over and starts nothing', async () => {
    const file = line.file('plan.yaml');
    await writeFile(file, 'version: 1\n');
    expect(await line.run('plan', '--check', file)).toBe(0);
    expect(line.daemon.asked).toEqual([['checkPlan', { plan: 'version: 1\n', file }]]);
    expect(line.output.text()).toContain(
      [
        '  servers',
        '    server new (id): at the source, but not in the plan',
        '  mappings',
        '    flavor small: create in the plan, tiny if it were made now',
      ].join('\n'),
    );
  });

  test('wants to be told what to plan', async () => {
    expect(await line.run('plan')).toBe(2);
    expect(await line.run('plan', '--all', '--project', 'shop')).toBe(2);
  });
});

describe('a failure', () => {
  test('of the daemon is the command’s: sentence, hint, code and exit status', async () => {
    expect(await line.run('capture', '--all')).toBe(20);
    expect(line.told()).toMatchInlineSnapshot(`
      "sender: The cloud does not know the password.
        hint:  Check the credentials in clouds.yaml or the OS_* environment.
        code:  E_AUTH (exit status 20)
      "
    `);
  });

  test('is JSON where JSON was asked for', async () => {
    expect(await line.run('capture', '--all', '--json')).toBe(20);
    expect(line.printed()).toMatchObject({
      problem: { code: 'E_AUTH', says: 'The cloud does not know the password.' },
      exit: 20,
    });
    expect(line.output.err).toEqual([]);
  });

  test('to find the daemon says how to start it', async () => {
    await line.stop();
    expect(await line.run('status')).toBe(3);
    expect(line.told()).toContain('systemctl start godwit-sender');
  });
});

describe('peers, report and log', () => {
  test('show what the daemon knows', async () => {
    await line.run('peers');
    await line.run('report');
    await line.run('log');
    expect(line.output.text()).toMatchSnapshot();
  });

  test('pairing hands address and code over, and shows the key that was pinned', async () => {
    expect(await line.run('pair', 'cloud-b.example.org', '4K7Q-M2XD')).toBe(0);
    expect(line.daemon.asked).toEqual([['pair', { address: 'cloud-b.example.org', code: '4K7Q-M2XD' }]]);
    expect(line.output.text()).toBe('Paired with cloud-b.\nIts key: abcd ef01\n');
  });

  test('a code that was given as an argument is hidden from the list of processes, and warned about', async () => {
    const title = process.title;
    onTestFinished(() => {
      process.title = title;
    });
    await line.run('pair', 'cloud-b.example.org', '4K7Q-M2XD');
    expect(line.told()).toContain('next time leave it out');
    expect(process.title).toBe('sender pair');
  });

  test('a report is written as a page where one is asked for', async () => {
    expect(await line.run('report', '--html', line.file('report.html'))).toBe(0);
    expect(await readFile(line.file('report.html'), 'utf8')).toContain('<!doctype html>');
    expect(await line.run('report', '--html', line.file('nowhere/report.html'))).toBe(2);
  });
});
