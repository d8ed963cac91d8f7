import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkProof } from '../../../../../protocol/proof/check-proof.ts';
import type { SignedProof } from '../../../../../protocol/proof/proof.ts';
import { loadOrCreateIdentity } from '../../../../../protocol/transport/identity.ts';
import type { Waiver } from '../../../../../sender/campaign/compare/waivers.ts';
import { alter } from '../../../../support/altered.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../../../support/in-process.ts';
import { makeShop } from '../../../../support/shop.ts';

let dir: string;
let world: World;
let sender: SenderLife;
let campaign: string;
let signers: { readonly sender: string; readonly receiver: string };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'proof-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
  campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  await vi.waitFor(() => sender.daemon.verify({ campaign }), { timeout: 20_000, interval: 50 });
  const keyOf = async (state: string, role: 'sender' | 'receiver'): Promise<string> =>
    (await loadOrCreateIdentity(join(state, 'identity'), role)).fingerprint;
  signers = { sender: await keyOf(world.senderState, 'sender'), receiver: await keyOf(world.receiverState, 'receiver') };
}, 60_000);
afterAll(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

const waivers: Waiver[] = [
  { resource: 'router/none', attribute: '*', owner: 'ann – é', until: '2999-12-31', reason: 'a "test"' },
];

async function proven(): Promise<string> {
  const { proof } = await sender.daemon.verify({ campaign, waivers, proof: true });
  return proof ?? '';
}

/** The commands of SPEC.md that check a proof, each block of them as one text. */
async function documented(): Promise<string[]> {
  const spec = await readFile(new URL('../../../../../protocol/SPEC.md', import.meta.url), 'utf8');
  const [, section = ''] = /\n## Proofs\n(.*?)\n## /s.exec(spec) ?? [];
  return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = '']) => commands);
}

async function shell(commands: string, cwd: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], { cwd });
  return stdout.trimEnd().split('\n');
}

test('a proof has every resource with equal digests and every root, signed by both keys', async () => {
  const { sender: ours, receiver, equal, adopted, others } = checkProof(await proven(), signers, 'proof.json');
  expect(ours.worst).toBeNull();
  expect(equal).toBeGreaterThan(10);
  expect(others).toEqual([]);
  expect(new Set(adopted.map((ref) => ref.split('/')[0]))).toEqual(new Set(['network', 'security_group', 'security_group_rule']));
  expect(ours.disks.map(({ root }) => root)).toEqual(receiver.disks.map(({ root }) => root));
  expect(ours.disks.every(({ root, sha256 }) => root !== null && sha256 !== null)).toBe(true);
  const plan = await readFile(join(world.senderState, 'campaigns', campaign, 'plan.yaml'));
  expect(ours.plan).toBe(createHash('sha256').update(plan).digest('hex'));
});

test('the documented commands check a proof without us: openssl, sha256sum and jq', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'third-party-'));
  try {
    const text = await proven();
    await writeFile(join(folder, 'proof.json'), text);
    const [signature = '', binding = '', differing = ''] = await documented();
    for (const side of ['sender', 'receiver'] as const) {
      const [fingerprint, verdict] = await shell(signature.replaceAll('SIDE', side), folder);
      expect(fingerprint?.split(' ')[0]).toBe(signers[side]);
      expect(verdict).toBe('Verified OK');
    }
    const [first, second, third, fourth] = (await shell(binding, folder)).map((line) => line.split(' ')[0]);
    expect([first, third]).toEqual([second, fourth]);
    const { sender: ours, others } = checkProof(text, signers, 'proof.json');
    const roots = ours.disks.map(({ disk, root }) => `${disk} ${root}`);
    expect(others).toEqual([]);
    expect(await shell(differing, folder)).toEqual(roots);
    const spoilt = JSON.parse(text) as SignedProof;
    const changed = { ...spoilt.receiver, statement: spoilt.receiver.statement.replace('"id":"', '"id":"x') };
    await writeFile(join(folder, 'proof.json'), JSON.stringify({ ...spoilt, receiver: changed }));
    await expect(shell(signature.replaceAll('SIDE', 'receiver'), folder)).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

test('the receiver signs no digest of an earlier reading for a copy that it cannot read any more', async () => {
  const whole = checkProof(await proven(), signers, 'proof.json');
  expect(whole.receiver.disks.every(({ sha256 }) => sha256 !== null)).toBe(true);
  const [server = ''] = whole.sender.disks.map(({ disk }) => disk.replace(/\.root$/, ''));
  await alter(world, campaign, server);
  const spoilt = checkProof(await proven(), signers, 'proof.json');
  expect(spoilt.sender.wrong_disks).toBe(1);
  const unread = spoilt.receiver.disks.filter(({ sha256 }) => sha256 === null);
  expect(unread.map(({ disk }) => disk)).toEqual([`${server}.root`]);
}, 60_000);

test('what differs is in the proof, and so is a proof after the commit', async () => {
  const { user } = world.destination;
  const [router] = await user.list<{ id: string }>('network', '/routers', 'routers');
  await user.send('PUT', 'network', `/routers/${router?.id}`, { router: { admin_state_up: false } });
  const before = checkProof(await proven(), signers, 'proof.json');
  expect(before.sender.worst).toBe('serious');
  const different = before.sender.lines.filter(({ is }) => is === 'different');
  expect(different.map(({ attribute }) => attribute)).toEqual(['admin_state_up']);
  expect(before.others.map((ref) => ref.split('/')[0])).toEqual(['router']);
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const after = checkProof(await vi.waitFor(proven, { timeout: 20_000, interval: 50 }), signers, 'proof.json');
  expect(after.others).toEqual(before.others);
  expect(after.sender.disks.map(({ root }) => root)).toEqual(before.sender.disks.map(({ root }) => root));
  expect(after.receiver.disks.every(({ sha256 }) => sha256 === null)).toBe(true);
}, 60_000);
