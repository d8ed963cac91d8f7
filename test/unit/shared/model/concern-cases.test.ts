import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiImage } from '../../../../shared/cloud/openstack/api.ts';
import { Site } from '../../../../shared/cloud/openstack/builders/site.ts';
import { OpenStackDestination } from '../../../../shared/cloud/openstack/destination.ts';
import { type Contents, readContents } from '../../../../shared/cloud/openstack/inventory/contents.ts';
import { leftBehind } from '../../../../shared/cloud/openstack/inventory/left-behind.ts';
import { imagesLeft } from '../../../../shared/cloud/openstack/inventory/own-images.ts';
import { whoIsIn } from '../../../../shared/cloud/openstack/inventory/people.ts';
import { scopeOf } from '../../../../shared/cloud/openstack/inventory/scope.ts';
import { listServers } from '../../../../shared/cloud/openstack/inventory/servers.ts';
import { readView } from '../../../../shared/cloud/openstack/preflight/view.ts';
import { CloudSession } from '../../../../shared/cloud/openstack/session/session.ts';
import type { Concern } from '../../../../shared/model/concern.ts';
import { type ConcernRow, concernTable, rowOfConcern, wayTexts } from '../../../../shared/model/concern-table.ts';
import { accessTo, furnish, populate } from '../../../conformance/furnish.ts';
import { aTenant } from '../../../conformance/tenant.ts';
import { captureCases } from '../../../support/concerns/capture-cases.ts';
import { type Cases, ownTests } from '../../../support/concerns/case.ts';
import { dnsCases } from '../../../support/concerns/dns-cases.ts';
import { imageCases } from '../../../support/concerns/image-cases.ts';
import { type Ground, lookAt } from '../../../support/concerns/look.ts';
import { networkCases } from '../../../support/concerns/network-cases.ts';
import { planCases } from '../../../support/concerns/plan-cases.ts';
import { projectCases } from '../../../support/concerns/project-cases.ts';
import { qosCases } from '../../../support/concerns/qos-cases.ts';
import { quotaSetCases } from '../../../support/concerns/quota-set-cases.ts';
import { rbacCases } from '../../../support/concerns/rbac-cases.ts';
import { roleAssignmentCases } from '../../../support/concerns/role-assignment-cases.ts';
import { serverCases } from '../../../support/concerns/server-cases.ts';
import { trunkCases } from '../../../support/concerns/trunk-cases.ts';
import { volumeCaptureCases, volumeCases } from '../../../support/concerns/volume-cases.ts';
import { startTwin, type Twin } from '../../../twin/twin.ts';

const root = join(import.meta.dirname, '../../../..');
const soon = (): AbortSignal => AbortSignal.timeout(15_000);

let folder: string;
let twin: Twin;
let demo: CloudSession;
let admin: CloudSession;
let adminThere: CloudSession;
let contents: Contents;
let ground: Ground;

/** One twin is read once, as a source and as a destination; the cases change what was read. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'concerns-'));
  twin = await startTwin({ stateDir: folder, pace: 0, zeroDiskForMembers: true, elsewhere: { orchestration: ['a stack'] } });
  await furnish(twin.authUrl);
  const access = await accessTo(twin.authUrl, 'demo');
  demo = new CloudSession(access);
  admin = new CloudSession(await accessTo(twin.authUrl, 'admin'));
  adminThere = new CloudSession(await accessTo(twin.authUrl, 'admin', 'demo'));
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
  await adminThere.close();
  await twin.stop();
  await rm(folder, { recursive: true, force: true });
});

function anImage(fields: Partial<ApiImage>): ApiImage {
  return {
    id: 'i1',
    name: 'golden',
    status: 'active',
    owner: 'p1',
    visibility: 'private',
    disk_format: 'raw',
    size: 1,
    virtual_size: null,
    min_disk: 0,
    min_ram: 0,
    ...fields,
  };
}

/** What stays behind is asked of the cloud itself. */
async function stayingOf(session: CloudSession, project?: string): Promise<readonly Concern[]> {
  const scope = await scopeOf(session, project, soon());
  const people = await whoIsIn(session, scope, soon());
  return leftBehind(session, { scope, people, keypairs: [], untold: [], volumes: [] }, soon());
}

const look = lookAt(() => ground);
const cases: Cases = {
  ...captureCases(() => contents),
  ...volumeCaptureCases(() => contents),
  'left_behind.*': {
    fires: ['an image that has no bytes yet', () => imagesLeft([anImage({ status: 'queued', size: null })])],
    silent: ['one that has', () => imagesLeft([anImage({})])],
  },
  'left_behind.unread': {
    fires: ['a service that lists what is of another project', () => stayingOf(admin, 'demo')],
    silent: ['those of an admin in the project', () => stayingOf(adminThere)],
  },
  ...imageCases(() => contents, look),
  ...networkCases(look),
  ...qosCases(look),
  ...projectCases(look),
  ...quotaSetCases(look),
  ...rbacCases(look),
  ...dnsCases(look),
  ...roleAssignmentCases(look),
  ...trunkCases(look),
  ...serverCases(look),
  ...volumeCases(look),
  ...planCases,
};

const rows = Object.entries(cases);

/** The concerns of one row of the table. */
function ofRow(concerns: readonly Concern[], row: string): Concern[] {
  return concerns.filter(({ code }) => rowOfConcern(code)?.code === row);
}

/** What a concern says to do at the cloud, as the situation that fires it shows it. */
async function remedyOf(row: string): Promise<string> {
  const own = ownTests[row];
  const remedy =
    own === undefined ? ofRow((await cases[row]?.fires[1]()) ?? [], row)[0]?.remedy : await writtenRemedy(own.product, row);
  // Ids and MACs are of the sample.
  const text = (remedy ?? '').replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID').replaceAll('|', '\\|');
  return text.replaceAll(/[\da-f]{2}(:[\da-f]{2}){5}/g, 'MAC');
}

async function writtenRemedy(file: string, code: string): Promise<string | undefined> {
  const text = await readFile(join(root, file), 'utf8');
  const [, after = ''] = text.split(`code: '${code}'`);
  return /remedy: '([^']+)'/.exec(after)?.[1];
}

async function lineOf({ code, cause, ways }: ConcernRow): Promise<string> {
  const onward = ways?.map((way) => wayTexts[way]).join(', or ') ?? '';
  return `| \`${code}\` | ${ways === undefined ? 'told' : 'fatal'} | ${cause} | ${await remedyOf(code)} | ${onward} |`;
}

const readme = '../../../../shared/cloud/openstack/preflight/README.md';

const introduction = `# Every concern: its code, its cause, its remedy, and the way on

This file is written from [the table](../../../model/concern-table.ts) and a situation in which each concern is found:
\`npx vitest run --config test/vitest.config.ts --project unit concern-cases --update\`.

A capture and preflight look at both clouds before anything is written. What they find is of two kinds. _Told_: it harms no guest, or is
for the operator to judge; the campaign starts, and its report names it again. _Fatal_: the campaign does not start, until the cloud is
changed, or the plan goes another way. The remedy is what to change at the cloud, for one situation; the way on is what to write in the plan.
After the stop of a server, too, only a fatal difference stops its move.

\`*\` stands for a kind of resource, or for the name of a quota.
`;

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

  test.each(rows.map(([code, { fires }]) => [code, ...fires] as const))('%s is found: %s', async (code, _what, find) => {
    expect(ofRow(await find(), code)).not.toEqual([]);
  });

  test.each(rows.map(([code, { silent }]) => [code, ...silent] as const))('%s is not found: %s', async (code, _what, find) => {
    expect(ofRow(await find(), code)).toEqual([]);
  });

  test('is in the README beside the rules, with its remedy', async () => {
    const head = '| code | kind | cause | remedy, at the cloud | way on, in the plan |\n| --- | --- | --- | --- | --- |\n';
    const lines: string[] = [];
    for (const row of concernTable) lines.push(await lineOf(row));
    await expect(`${introduction}\n${head}${lines.join('\n')}\n`).toMatchFileSnapshot(readme);
  });
});
