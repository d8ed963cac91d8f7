import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { printFingerprint } from '../../../../protocol/transport/certificate.ts';
import { aProof, type ProofParts, twoKeys } from '../../../support/proof.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';
import { CommandLine } from './a-command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await CommandLine.open();
  // It needs no daemon.
  await line.stop();
});
afterEach(() => line.close());

const keys = await twoKeys();
// As people copy them from `peers`.
const options = [
  ...['--sender', printFingerprint(keys.sender.fingerprint)],
  ...['--receiver', keys.receiver.fingerprint.toUpperCase()],
];

async function check(text: string, ...more: readonly string[]): Promise<number> {
  const file = line.file('proof.json');
  await writeFile(file, text);
  return line.run('check-proof', file, ...options, ...more);
}

test('a good proof is told with its roots, digests and waivers', async () => {
  expect(await check(aProof(keys))).toBe(0);
  const text = line.output.text();
  expect(text).toContain('Both signatures are good.');
  expect(text).toContain(`Disk s1.root: root ${'3'.repeat(64)}`);
  expect(text).toContain('Of 1 resources 1 have the same canonical digest on both sides, and 0 were adopted.');
  expect(text).toContain('waived until 2027-03-31 by ann – é: subnet/front *');
});

test('what a signer wrote moves no cursor', async () => {
  const clear = '\u001b[2J';
  const lines: ProofParts = {
    sender: { lines: [{ ref: 'server/s1', name: clear, attribute: 'name', is: 'different', severity: 'minor', says: clear }] },
  };
  const waivers = [{ resource: clear, attribute: clear, owner: clear, until: clear, reason: clear }];
  await check(aProof(keys, lines, waivers));
  expect(line.output.text()).toContain('waived until \\u{1b}');
  expect(line.output.text()).not.toContain('\u001b');
});

test('a proof that was changed ends with 30 and names the part', async () => {
  expect(await check(aProof(keys).replace(/3{64}/, '6'.repeat(64)))).toBe(30);
  expect(line.told()).toMatch(/statement or .*signature was changed/);
  line.output = aRecordingOutput();
  expect(await check(`${aProof(keys)} `, '--json')).toBe(30);
  expect(line.printed()).toMatchObject({ problem: { code: 'E_PROOF' }, exit: 30 });
});

test.each<[string, ProofParts, number]>([
  ['disks differ', { sender: { wrong_disks: 1 } }, 30],
  ['a guest is concerned', { sender: { worst: 'serious' } }, 31],
  ['no guest is concerned', { sender: { worst: 'minor' } }, 32],
])('a good proof that says that %s ends with the status of that', async (_what, parts, status) => {
  expect(await check(aProof(keys, parts), '--json')).toBe(status);
  expect(line.printed()).toMatchObject({ campaign: '7d9f2c1e-4b5a-4c3d-8e2f-1a0b9c8d7e6f', exit: status });
});

test('without a fingerprint nothing is checked', async () => {
  expect(await line.run('check-proof', line.file('proof.json'), '--sender', keys.sender.fingerprint)).toBe(2);
  expect(line.told()).toMatch(/--receiver/);
});
