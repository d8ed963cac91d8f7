import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Patience } from '../../shared/cloud/patience.ts';
import type { Snapshot, SourceCloud } from '../../shared/cloud/source-cloud.ts';
import { parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import type { ResourceOf } from '../../shared/model/resource.ts';

/** A source that has a volume without a server. */
export interface LoneVolumeUnderTest {
  readonly cloud: SourceCloud;
  /** Its id. */
  readonly volume: string;
  close(): Promise<void>;
}

const campaign = crypto.randomUUID();
const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const patience = (): Patience => ({ timeoutMs: 300_000, signal: AbortSignal.timeout(300_000) });

/** What a SourceCloud does with a volume that no server has, the same for every provider. */
export function itReadsLoneVolumes(open_: () => Promise<LoneVolumeUnderTest>): void {
  describe('with a volume that no server has', { sequential: true }, () => {
    let subject: LoneVolumeUnderTest;
    let disk: ResourceOf<'disk'>;
    let volume: ResourceOf<'volume'>;
    let snapshot: Snapshot;
    let folder: string;

    beforeAll(async () => {
      subject = await open_();
      folder = await mkdtemp(join(tmpdir(), 'conformance-'));
    });
    afterAll(async () => {
      for (const left of await subject.cloud.snapshots(campaign, soon())) await subject.cloud.release(left.id, campaign, soon());
      await subject.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('captures it with its disk, in a project and by itself', async () => {
      const whole = await subject.cloud.inventory({ servers: [] }, soon());
      const { document } = await subject.cloud.inventory({ servers: [], volumes: [subject.volume] }, soon());
      expect(parseConfigurations(JSON.parse(JSON.stringify(document)))).toEqual(document);
      expect(document.servers).toEqual([]);
      expect(document.disks).toMatchObject([{ server_id: subject.volume, volume_id: subject.volume }]);
      expect(whole.document.volumes).toContainEqual(document.volumes[0]);
      disk = resourcesOf(document).find(({ kind }) => kind === 'disk') as ResourceOf<'disk'>;
      volume = resourcesOf(document).find(({ kind }) => kind === 'volume') as ResourceOf<'volume'>;
    });

    test('reads it again as it was captured, and says that it is free', async () => {
      const state = await subject.cloud.loneState('volume', subject.volume, soon());
      expect(state).toMatchObject({ isFree: true, resource: { ...volume, type_specs: {} } });
      const unknown = subject.cloud.loneState('volume', crypto.randomUUID(), soon());
      await expect(unknown).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    });

    test('freezes it once for each attempt, and leaves it as it was', async () => {
      const before = await subject.cloud.loneState('volume', subject.volume, soon());
      snapshot = await subject.cloud.freeze(disk, { campaign, attempt: 1 }, patience());
      expect(snapshot).toMatchObject({ disk: disk.id, round: 0 });
      expect(await subject.cloud.freeze(disk, { campaign, attempt: 1 }, patience())).toEqual(snapshot);
      expect(await subject.cloud.loneState('volume', subject.volume, soon())).toEqual(before);
      expect((await subject.cloud.snapshots(campaign, soon())).map(({ id }) => id)).toEqual([snapshot.id]);
    });

    test('reads what it holds, and forgets what was made for that', async () => {
      const source = await subject.cloud.open(snapshot, folder, AbortSignal.timeout(300_000));
      expect(source.size).toBeGreaterThan(0);
      expect(await source.read(0, 4096)).toHaveLength(4096);
      await source.close();
      await subject.cloud.release(snapshot.id, campaign, soon());
      expect(await subject.cloud.snapshots(campaign, soon())).toEqual([]);
    });
  });
}
