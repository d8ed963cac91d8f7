import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { censusOf } from '../support/shop.ts';
import { canMount, fillDisk, mountTmpfs } from '../support/tmpfs.ts';
import { refusedBy, TwoClouds } from '../support/two-clouds.ts';

/** Snapshots are handed out slowly enough for a disk to fill up meanwhile. */
const slowly = { do: 'delay', ms: 1_000, match: { service: 'image', method: 'GET', path: '/file$' }, times: 1 } as const;

describe.skipIf(!canMount())('a full disk (needs root, for a small tmpfs under each daemon)', () => {
  let clouds: TwoClouds;
  let campaign: string;

  beforeAll(async () => {
    clouds = await TwoClouds.open({
      prepare: async (dir, endings) => {
        // The receiver keeps 64 MiB for its ledger.
        for (const side of ['sender', 'receiver']) await mountTmpfs(join(dir, side), 128, endings);
      },
    });
  });
  afterAll(() => clouds?.close());

  const stateOf = (side: 'sender' | 'receiver'): string => clouds[side].config.state;

  test('at the sender refuses a campaign before any write', async () => {
    const free = await fillDisk(stateOf('sender'));
    const refusal = await clouds.refusalOf(clouds.plan);
    await free();
    expect(refusal).toMatchObject({ code: 'E_DISK_FULL', exit: 3 });
    expect(refusal.says).toContain(stateOf('sender'));
    expect((await clouds.daemon.status()).campaigns).toEqual([]);
  });

  test.each(['sender', 'receiver'] as const)(
    'at the %s, in the middle of a copy, stops the campaign; the source runs again, and the problem says where room is needed',
    async (side) => {
      clouds.source.twin.faults.set([slowly]);
      if (campaign === undefined)
        campaign = (await clouds.daemon.migrate({ plan: JSON.stringify(clouds.plan), file: 'plan.yaml', options: {} })).campaign;
      else await clouds.daemon.resume({ campaign });
      await clouds.untilPhase(campaign, 'copy');
      const free = await fillDisk(stateOf(side));
      const { state, problem } = await clouds.rest(campaign);
      expect(await clouds.sourceStates()).toEqual(['ACTIVE', 'ACTIVE']);
      expect(state).toBe('failed');
      expect(problem).toMatchObject({ code: 'E_DISK_FULL', hint: expect.stringContaining('sender resume') });
      expect(problem?.says).toContain(dirname(stateOf(side)));
      // Still full: asked again, it says the same, and nothing is stopped for it in the end.
      expect(await refusedBy(clouds.sender, ['resume', campaign, '--watch'])).toMatchObject({ code: 'E_DISK_FULL', exit: 3 });
      expect(await clouds.sourceStates()).toEqual(['ACTIVE', 'ACTIVE']);
      await free();
    },
  );

  test('is forgotten once there is room: the same campaign arrives', async () => {
    await clouds.daemon.resume({ campaign });
    expect(await clouds.rest(campaign)).toMatchObject({ state: 'ready' });
    expect((await censusOf(clouds.destination)).statuses).toEqual(['ACTIVE', 'ACTIVE']);
  });
});
