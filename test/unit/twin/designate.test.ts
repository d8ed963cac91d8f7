import { expect, test } from 'vitest';
import { aTwin, type Client, login } from './a-twin.ts';

const zones = '/dns/v2/zones';

async function made(client: Client, name: string): Promise<string> {
  const answer = await client.ask('POST', zones, { name, email: 'host@example.org' });
  expect(answer.status).toBe(202);
  return answer.textAt('id');
}

/** Asks until the zone is as it should be; pace 0 is as soon as possible. */
async function untilStatus(client: Client, id: string, status: string | number): Promise<void> {
  await expect
    .poll(async () => {
      const answer = await client.ask('GET', `${zones}/${id}`);
      return answer.status === 200 ? answer.textAt('status') : answer.status;
    })
    .toBe(status);
}

test('a zone is pending first, gets the records that Designate keeps, and is deleted a while after', async () => {
  const demo = await login(await aTwin({ designate: true }));
  const id = await made(demo, 'example.org.');
  await untilStatus(demo, id, 'ACTIVE');
  const sets = (await demo.ask('GET', `${zones}/${id}/recordsets`)).listAt('recordsets');
  expect(sets.map(({ type }) => type)).toEqual(['SOA', 'NS']);
  expect((await demo.ask('DELETE', `${zones}/${id}/recordsets/${String(sets[1]?.['id'])}`)).status).toBe(400);
  expect((await demo.ask('DELETE', `${zones}/${id}`)).textAt('action')).toBe('DELETE');
  await untilStatus(demo, id, 404);
});

test('a name is one zone’s, and those above and below it are of one project', async () => {
  const twin = await aTwin({ designate: true, seed: { projects: ['demo', 'other'] } });
  const demo = await login(twin);
  const other = await login(twin, 'demo', 'other');
  await made(demo, 'example.org.');
  const refused = async (client: Client, name: string): Promise<string> =>
    (await client.ask('POST', zones, { name, email: 'host@example.org' })).textAt('type');
  expect(await refused(other, 'example.org.')).toBe('duplicate_zone');
  expect(await refused(other, 'a.example.org.')).toBe('illegal_child');
  expect(await refused(demo, 'com.')).toBe('invalid_zone_name');
  await made(demo, 'a.example.org.');
  await made(other, 'b.c.example.net.');
  expect(await refused(demo, 'c.example.net.')).toBe('illegal_parent');
  expect((await other.ask('GET', zones)).listAt('zones')).toHaveLength(1);
  const everyone = { 'x-auth-all-projects': 'true' };
  expect((await other.ask('GET', zones, undefined, everyone)).status).toBe(403);
  const admin = await login(twin, 'admin', 'admin');
  expect((await admin.ask('GET', zones, undefined, everyone)).listAt('zones')).toHaveLength(3);
});

test('record sets are checked as Designate checks them', async () => {
  const demo = await login(await aTwin({ designate: true, quotas: { dns: { zone_recordsets: 4 } } }));
  const id = await made(demo, 'example.org.');
  const put = async (name: string, type: string, records: string[]): Promise<string | number> => {
    const answer = await demo.ask('POST', `${zones}/${id}/recordsets`, { name, type, records });
    return answer.status === 202 ? 202 : answer.textAt('type');
  };
  expect(await put('www.example.org.', 'A', ['203.0.113.1'])).toBe(202);
  expect(await put('www.example.org.', 'A', ['203.0.113.2'])).toBe('duplicate_recordset');
  expect(await put('www.example.org.', 'CNAME', ['example.net.'])).toBe('invalid_recordset_location');
  expect(await put('www.example.net.', 'A', ['203.0.113.1'])).toBe('invalid_recordset_location');
  const child = await made(demo, 'a.example.org.');
  expect(await put('www.a.example.org.', 'A', ['203.0.113.1'])).toBe('invalid_recordset_location');
  expect((await demo.ask('DELETE', `${zones}/${id}`)).textAt('type')).toBe('zone_has_sub_zone');
  await demo.ask('DELETE', `${zones}/${child}`);
  await untilStatus(demo, child, 404);
  expect(await put('mail.example.org.', 'A', ['203.0.113.1'])).toBe(202);
  expect(await put('ftp.example.org.', 'A', ['203.0.113.1'])).toBe('over_quota');
});
