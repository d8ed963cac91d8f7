import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Plan } from '../../../../../sender/model/plan.ts';
import { rewritePlan } from '../../../../../sender/ordering/report/rewrite-plan.ts';
import { someTraffic } from '../../../../support/conversations.ts';
import { analyzed, matrixFile, twoShops } from '../an-analysis.ts';

const plan = `# Godwit plan.
version: 1
source: {project_id: p1} # ours
options:
  # the line is thin
  parallel: 1 # so far
  mode: warm
waves:
  # the first night
  - name: wave-1 # tonight
    servers:
      # the shop's face
      - id: web
        name: web 1
        probe: tcp:80 # https is terminated before
      - {id: db, mode: cold} # never warm
  - name: wave-2
    servers:
      # does the work
      - id: app
        cutover: manual
      # nothing follows
mappings:
  flavors: {}
`;

const waves = (...lists: readonly (readonly string[])[]) => lists.map((servers, index) => ({ name: `w${index + 1}`, servers }));

test('servers change their places with their settings and comments, and nothing else changes', () => {
  expect(rewritePlan(plan, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 4 })).toMatchSnapshot();
});

test('more waves, fewer waves: the plan stays valid, and no comment is lost', () => {
  const comments = [...plan.matchAll(/# .*/g)].map(([comment]) => comment);
  for (const list of [waves(['app', 'web', 'db']), waves(['app'], ['db'], ['web'])]) {
    const written = rewritePlan(plan, 'plan.yaml', { waves: list, parallel: 1 });
    for (const comment of comments) expect(written).toContain(comment);
    const { waves: got, ...rest } = Plan.parse(parse(written));
    expect(got.map(({ servers }) => servers.map(({ id }) => id))).toEqual(list.map(({ servers }) => servers));
    const { waves: _, ...before } = Plan.parse(parse(plan));
    expect(rest).toEqual(before);
  }
});

test('a farm that rolls stays a wave of its own, wherever it goes', async () => {
  const home = await mkdtemp(join(tmpdir(), 'godwit-analyze-'));
  try {
    await matrixFile(home, someTraffic(...twoShops, 'cache 1 > web 1 80 500', 'cache 2 > web 1 80 500'));
    const wave = (name: string, ids: readonly string[], more = '') =>
      `  - name: ${name}\n${more}    servers:\n${ids.map((id) => `      - id: ${id}\n`).join('')}`;
    const text = `version: 1\nsource: {project_id: p1}\ncalendar: {windows: [{from: "22:00", to: "04:00"}]}\nwaves:\n${wave('all', ['web 1', 'db 1', 'app 1'])}${wave('farm', ['web 2', 'cache 1', 'cache 2'], '    rolling: true # healthy first\n')}${wave('rest', ['app 2', 'db 2'])}`;
    const file = join(home, 'plan.yaml');
    for (const parallel of ['1', '3']) {
      await writeFile(file, text);
      const { exit, out, err } = await analyzed(home, 'traffic.json', '--plan', 'plan.yaml', '--parallel', parallel, '--write');
      expect(exit, err).toBe(0);
      expect(out).toContain('The plan has a calendar');
      const { waves: got } = Plan.parse(parse(await readFile(file, 'utf8')));
      const farms = got.filter(({ rolling }) => rolling === true);
      expect(farms.map(({ servers }) => servers.map(({ id }) => id).sort())).toEqual([['cache 1', 'cache 2', 'web 2']]);
      expect(await readFile(file, 'utf8')).toContain('rolling: true # healthy first');
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

test('zones are written beside the other mappings', () => {
  const zones = [{ server: 'db', name: 'db', availability_zone: 'nova:one' }];
  const written = rewritePlan(plan, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 1, zones });
  const { mappings } = Plan.parse(parse(written));
  expect(mappings.servers).toEqual({ db: { name: 'db', availability_zone: 'nova:one' } });
  expect(written.split('mappings:')[0]).toBe(
    rewritePlan(plan, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 1 }).split('mappings:')[0],
  );
});

test('the same waves again leave the text as it is', () => {
  const once = rewritePlan(plan, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 4 });
  expect(rewritePlan(once, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 4 })).toBe(once);
});

test.each([
  ['anchors', plan.replace('- id: web', '- &web\n        id: web').replace('- {id: db, mode: cold}', '- {id: db, mode: cold}')],
  ['an unknown setting', `${plan}what: 1\n`],
])('a plan with %s is either rewritten whole or refused', (_, text) => {
  let written: string;
  try {
    written = rewritePlan(text, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 1 });
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_PLAN' });
    return;
  }
  expect(Plan.parse(parse(written)).waves.flatMap(({ servers }) => servers.map(({ id }) => id))).toEqual(['db', 'app', 'web']);
});

test('an alias that would stand before its anchor is refused', () => {
  const text = plan
    .replace('- id: web\n        name: web 1\n        probe: tcp:80', '- id: web\n        name: &n web 1\n        probe: tcp:80')
    .replace('{id: db,', '{id: db, name: *n,');
  expect(() => rewritePlan(text, 'plan.yaml', { waves: waves(['db', 'app'], ['web']), parallel: 1 })).toThrow(/plan\.yaml/);
});

test('sender analyze --write puts the proposal into the plan, with servers the matrix does not know', async () => {
  const home = await mkdtemp(join(tmpdir(), 'godwit-analyze-'));
  try {
    await matrixFile(home, someTraffic(...twoShops));
    const ids = ['web 1', 'web 2', 'cron', 'app 1', 'app 2', 'db 1', 'db 2'];
    const text = `version: 1\nsource: {project_id: p1}\nwaves:\n  - name: wave-1\n    servers:\n${ids.map((id) => `      - id: ${id} # ${id}\n`).join('')}`;
    const file = join(home, 'plan.yaml');
    await writeFile(file, text);
    const looked = await analyzed(home, 'traffic.json', '--plan', 'plan.yaml', '--parallel', '1');
    expect(looked.exit).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(text);
    const { exit, out } = await analyzed(home, 'traffic.json', '--plan', 'plan.yaml', '--parallel', '1', '--write');
    expect([exit, out]).toEqual([0, expect.stringContaining(`Wrote ${file}.`)]);
    const written = await readFile(file, 'utf8');
    for (const id of ids) expect(written).toContain(`- id: ${id} # ${id}\n`);
    const { waves: got } = Plan.parse(parse(written));
    expect(got[0]?.servers.map(({ id }) => id)).toEqual(['cron']);
    expect(got.slice(1).map(({ servers }) => new Set(servers.map(({ id }) => id.slice(-1))).size)).toEqual([1, 1]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

test('a plan that does not belong to the document is refused', async () => {
  const home = await mkdtemp(join(tmpdir(), 'godwit-analyze-'));
  try {
    await matrixFile(home, someTraffic(...twoShops));
    await writeFile(join(home, 'plan.yaml'), plan);
    await writeFile(
      join(home, 'document.json'),
      JSON.stringify({
        format: 'godwit/configurations',
        version: 2,
        created_at: '',
        release: '',
        source: { provider: 'openstack', project_id: 'p', project_name: '' },
      }),
    );
    const { exit, err } = await analyzed(home, 'traffic.json', '--plan', 'plan.yaml', '--document', 'document.json');
    expect([exit, err]).toEqual([2, expect.stringContaining('web 1, which is not in the document')]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
