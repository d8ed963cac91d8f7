import { expect, test } from 'vitest';
import { mustBeAsCaptured } from '../../../../../sender/migration/phases/as-captured.ts';
import { signal } from '../../../shared/cloud/openstack/a-source.ts';
import { aSourceWithVolumes, untilStatus } from '../../../shared/cloud/openstack/a-volume-server.ts';

test('a volume that was extended, or whose metadata changed, is not as it was captured', async () => {
  const { cloud, hand, data, capture } = await aSourceWithVolumes();
  const { document } = await capture();
  const [found] = document.servers;
  if (found === undefined) throw new Error('no server was captured');
  const move = { server: { kind: 'server' as const, ...found } };
  const compare = () => mustBeAsCaptured(move, { source: cloud, document, skip: [] }, signal());
  await compare();
  await hand.ask('POST', 'volume', `/volumes/${data}/metadata`, { metadata: { of: 'somebody' } });
  await hand.ask('POST', 'volume', `/volumes/${data}/action`, { 'os-extend': { new_size: 2 } });
  await untilStatus(hand, 'volume', `/volumes/${data}`, 'volume', 'in-use');
  await expect(compare()).rejects.toMatchObject({
    code: 'E_SERVER_STATE',
    message: expect.stringContaining(
      'volume data: size 2 instead of 1; volume data: metadata {of: "somebody"} instead of {of: "the tenant"}',
    ),
  });
});
