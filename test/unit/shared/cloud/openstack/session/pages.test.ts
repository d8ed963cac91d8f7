import { expect, test } from 'vitest';
import { listOptional } from '../../../../../../shared/cloud/openstack/inventory/optional.ts';
import { listAll } from '../../../../../../shared/cloud/openstack/session/pages.ts';
import { aSmallCloud, json, soon } from '../a-cloud.ts';

/** A cloud with records of a kind; `vanish` is told each page, and may delete records after it. */
function aShrinkingCloud(key: string, records: string[], vanish: (page: readonly string[]) => void, refusal = 404) {
  return aSmallCloud((path, _request, response) => {
    const marker = new URL(path, 'http://cloud').searchParams.get('marker');
    const at = marker === null ? -1 : records.indexOf(marker);
    if (marker !== null && at === -1)
      return json(
        response,
        { NeutronError: { type: 'NotFound', message: `${marker} could not be found.`, detail: '' } },
        refusal,
      );
    const page = records.slice(at + 1, at + 3);
    const links = page.length < 2 ? {} : { [`${key}_links`]: [{ rel: 'next', href: `/v2.0/x?marker=${page[1]}` }] };
    json(response, { [key]: page.map((id) => ({ id })), ...links });
    vanish(page);
  });
}

test.each([
  [404, 'Neutron'],
  [400, 'Nova'],
])('a list of which a record is deleted between two pages is begun again, and is whole (%i, %s)', async (refusal) => {
  const records = ['a', 'b', 'c', 'd', 'e'];
  const vanish = (page: readonly string[]): void => {
    if (page.includes('d')) records.splice(records.indexOf('d'), 1);
  };
  const cloud = await aShrinkingCloud('networks', records, vanish, refusal);
  const listed = await listAll<{ id: string }>(cloud.session, { service: 'network', path: '/networks', key: 'networks' }, soon());
  expect(listed.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'e']);
});

test('a list that loses a record between any two pages is never taken for one that does not exist', async () => {
  const records = Array.from({ length: 40 }, (_, nth) => `${nth}`);
  const cloud = await aShrinkingCloud('trunks', records, (page) => void records.splice(records.indexOf(page.at(-1) ?? ''), 1));
  await expect(listOptional(cloud.session, '/trunks', 'trunks', {}, soon())).rejects.toMatchObject({
    code: 'E_CLOUD',
    message: expect.stringContaining('changes faster than it is read'),
  });
});
