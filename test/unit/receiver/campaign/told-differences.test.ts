import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { beginMigration, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';
import type { ShopWorld } from '../../../support/shop-world.ts';

/** A destination that lowers every tunnel's MTU and forces a config drive on every server. */
async function aWilfulDestination(): Promise<ShopWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'told-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await makeShop(dir);
  const world = await World.open(dir, join(dir, 'world'), { tunnelMtu: 1442, forceConfigDrive: true });
  onTestFinished(() => world.close());
  world.startReceiver();
  const sender = await world.startSender();
  onTestFinished(() => sender.stop());
  return { world, sender };
}

test('an MTU and a config drive that the cloud made other than asked are told in ledger, status, log and report', async () => {
  const { world, sender } = await aWilfulDestination();
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  const { changes } = await sender.daemon.report({ campaign });
  expect(changes.changed).toEqual(expect.arrayContaining([expect.stringMatching(/^network .*: mtu is 1442, not 1450$/)]));
  expect(changes.changed).toEqual(expect.arrayContaining([expect.stringMatching(/^server .*: config_drive is true, not false/)]));
  const { campaigns } = await sender.daemon.status();
  expect(campaigns[0]?.differences.map(({ says }) => says)).toContain('mtu is 1442, not 1450');
  const ledger = await readFile(join(world.receiverState, 'campaigns', campaign, 'ledger.jsonl'), 'utf8');
  expect(ledger).toMatch(/"ref":"network\/[^"]+"[^\n]*"differs":"mtu is 1442, not 1450"/);
  const { comparison } = await vi.waitFor(() => sender.daemon.verify({ campaign }), { timeout: 20_000, interval: 50 });
  const told = comparison?.lines.filter(({ is }) => is === 'told').map(({ attribute }) => attribute);
  expect(told).toEqual(expect.arrayContaining(['mtu', 'config_drive']));
  expect([comparison?.worst, comparison?.lines.filter(({ is }) => is !== 'told')]).toEqual([null, []]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
}, 120_000);

test('an import tells what the cloud made other than asked, and what preflight warned of', async () => {
  const { world, sender } = await aWilfulDestination();
  const { campaign } = await sender.daemon.beginExport({ servers: [] });
  await untilState(sender, 'ready');
  const pieces: Buffer[] = [];
  for await (const piece of sender.daemon.bundle({ campaign }, AbortSignal.timeout(60_000))) pieces.push(piece);
  const said = await world.importBundle(Buffer.concat(pieces));
  expect(said).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Warning: .*(owner|owned|becomes|belong)/i),
      expect.stringMatching(/^network\/\S+ is not as it was at the source: mtu is 1442, not 1450\.$/),
      expect.stringMatching(/^server\/\S+ is not as it was at the source: .*config_drive is true, not false/),
    ]),
  );
  expect(said.filter((one) => one.includes('mtu is 1442'))).toHaveLength(1);
}, 120_000);
