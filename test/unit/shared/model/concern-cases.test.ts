import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from '../../../../shared/cloud/openstack/builders/site.ts';
import { OpenStackDestination } from '../../../../shared/cloud/openstack/destination.ts';
import { type Contents, readContents } from '../../../../shared/cloud/openstack/inventory/contents.ts';
import { leftBehind } from '../../../../shared/cloud/openstack/inventory/left-behind.ts';
import { scopeOf } from '../../../../shared/cloud/openstack/inventory/scope.ts';
import { listServers } from '../../../../shared/cloud/openstack/inventory/servers.ts';
import { readView } from '../../../../shared/cloud/openstack/preflight/view.ts';
import { CloudSession } from '../../../../shared/cloud/openstack/session/session.ts';
import { concernTable, rowOfConcern } from '../../../../shared/model/concern-table.ts';
import { accessTo, furnish, populate } from '../../../conformance/furnish.ts';
import { aTenant } from '../../../conformance/tenant.ts';
import { captureCases } from '../../../support/concerns/capture-cases.ts';
import { type Cases, ownTests } from '../../../support/concerns/case.ts';
import { type Ground, lookAt } from '../../../support/concerns/look.ts';
import { networkCases } from '../../../support/concerns/network-cases.ts';
import { planCases } from '../../../support/concerns/plan-cases.ts';
import { serverCases } from '../../../support/concerns/server-cases.ts';
import { volumeCaptureCases, volumeCases } from '../../../support/concerns/volume-cases.ts';
import { startTwin, type Twin } from '../../../twin/twin.ts';

const root = join(import.meta.dirname, '../../../..');
const soon = (): AbortSignal => AbortSignal.timeout(15_000);

let folder: string;
let twin: Twin;
let demo: CloudSession;
let admin: CloudSession;
let contents: Contents;
let ground: Ground;

/** One twin is read once, as a source and as a destination; the cases change what was read. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'concerns-'));
  twin = await startTwin({ stateDir: folder, pace: 0, zeroDiskForMembers: true, elsewhere: { dns: ['example.org.'] } });
  await furnish(twin.authUrl);
  const access = await accessTo(twin.authUrl, 'demo');
  demo = new CloudSession(access);
  admin = new CloudSession(await accessTo(twin.authUrl, 'admin'));
  const cloud = new OpenStackDestination(access);
  const tenant = aTenant(await cloud.facts(soon()));
  await cloud.close();
  const every = { ...tenant.mappings, routers: {}, security_groups: {}, servers: {} };
  // Only an admin sees the subnets of the external network; whose rights count is said by each
  // case.
  const seeing = new CloudSession(await accessTo(twin.authUrl, 'admin', 'demo'));
  const read = await readView(new Site(seeing), tenant.resources, every, soon());
  await seeing.close();
  ground = { tenant, destination: { ...read, admin: false, userName: 'demo' } };
  await populate(twin.authUrl);
  const scope = await scopeOf(demo, undefined, soon());
  contents = await readContents(demo, scope, await listServers(demo, scope, soon()), soon());
});

afterAll(async () => {
  await demo.close();
  await admin.close();
  await twin.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What stays behind is asked of the cloud itself. */
async function stayingOf(session: CloudSession, project?: string): Promise<string[]> {
  const scope = await scopeOf(session, project, soon());
  return (await leftBehind(session, { scope, keypairs: [] }, soon())).map(({ code }) => code);
}

const look = lookAt(() => ground);
const cases: Cases = {
  ...captureCases(() => contents),
  ...volumeCaptureCases(() => contents),
  'left_behind.*': {
    fires: ['a project with an image and a zone', () => stayingOf(demo)],
    silent: ['a project with nothing', () => stayingOf(admin)],
  },
  'left_behind.unread': {
    fires: ['a service that lists what is of another project', () => stayingOf(admin, 'demo')],
    silent: ['the project’s own credentials', () => stayingOf(demo)],
  },
  ...networkCases(look),
  ...serverCases(look),
  ...volumeCases(look),
  ...planCases,
};

const rows = Object.entries(cases);
const has = (codes: readonly string[], row: string): boolean => codes.some((code) => rowOfConcern(code)?.code === row);

describe('every concern of the table', () => {
  test('has a situation in which it is found and one in which it is not, or a test of its own', () => {
    const tested = [...Object.keys(cases), ...Object.keys(ownTests)].sort();
    expect(tested).toEqual(concernTable.map(({ code }) => code).sort());
  });

  test.each(Object.entries(ownTests))('%s has a test of its own that names it', async (code, { file, title }) => {
    const text = await readFile(join(root, file), 'utf8');
    const [, body = ''] = text.split(title);
    expect(body.split(/^test\(/m)[0]).toContain(`'${code}'`);
  });

  test.each(rows.map(([code, { fires }]) => [code, ...fires] as const))('%s is found: %s', async (code, _what, codes) => {
    expect(has(await codes(), code)).toBe(true);
  });

  test.each(rows.map(([code, { silent }]) => [code, ...silent] as const))('%s is not found: %s', async (code, _what, codes) => {
    expect(has(await codes(), code)).toBe(false);
  });
});
