import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, cli } from '../support/daemons.ts';
import { TwoClouds } from '../support/two-clouds.ts';

let clouds: TwoClouds;
beforeAll(async () => {
  clouds = await TwoClouds.open();
}, 180_000);
afterAll(() => clouds.close());

/** The fingerprint of the only peer of a daemon. */
async function peerOf(daemon: TwoClouds['sender']): Promise<string> {
  const { peers } = await ask<{ peers: { fingerprint: string }[] }>(daemon.config, ['peers']);
  return peers[0]?.fingerprint ?? '';
}

test('a proof of two paired daemons is checked with the fingerprints that their operators see', async () => {
  const { sender, receiver, dir } = clouds;
  const { campaign } = await ask<{ campaign: string }>(sender.config, ['migrate', await clouds.planFile(clouds.plan)]);
  expect((await clouds.rest(campaign)).state).toBe('ready');
  const file = join(dir, 'proof.json');
  const written = await cli(sender.config, ['verify', campaign, '--proof', file, '--html', join(dir, 'page.html')]);
  expect(written).toMatchObject({ code: 0 });
  const keys = ['--sender', await peerOf(receiver), '--receiver', await peerOf(sender)];
  const plain = keys.map((word) => word.replaceAll(' ', ''));
  expect(written.stdout).toContain(`sender check-proof ${file} ${plain.join(' ')}`);
  expect(await readFile(join(dir, 'page.html'), 'utf8')).toContain('<strong class="state ready">the same</strong>');
  // Nobody need run for a check.
  const checked = await cli(sender.config, ['check-proof', file, ...keys]);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Both signatures are good\./) });
  await writeFile(file, (await readFile(file, 'utf8')).replace('"root\\":\\"', '"root\\":\\"0'));
  expect(await cli(sender.config, ['check-proof', file, ...keys])).toMatchObject({ code: 30 });
}, 180_000);
