import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { itinerary } from '../../../../sender/migration/itinerary.ts';
import type { MoveReport, Report } from '../../../../sender/report/model.ts';
import { reportPage } from '../../../../sender/report/page.ts';
import { phaseColours } from '../../../../sender/report/phase-bar.ts';
import { reportText } from '../../../../sender/report/text.ts';

const GiB = 1024 ** 3;

/** A server's move with every phase, begun `startMs` after noon. */
function aMove(name: string, startMs: number, more: Partial<MoveReport> = {}): MoveReport {
  const lengths = {
    preflight: 220,
    stop: 12_400,
    freeze: 31_000,
    copy: 95_000,
    seal: 2_100,
    create: 41_000,
    verify: 18_000,
    'clean up': 900,
  };
  let at = Date.parse('2026-11-21T12:00:00Z') + startMs;
  const phases = Object.entries(lengths).map(([phase, ms]) => {
    const startedAt = new Date(at).toISOString();
    at += ms;
    return { name: phase, startedAt, ms };
  });
  return {
    server: `id-of-${name}`,
    name,
    wave: 'wave-1',
    state: 'moved',
    movedAt: '2026-11-21T12:03:20.620Z',
    rolledBackAt: null,
    destinationId: '0b9e3f3e-7a43-4a77-9d2a-1f5f6f9a8c11',
    phases,
    migrationMs: 200_620,
    downtimeMs: 199_500,
    downSince: phases[1]?.startedAt ?? null,
    probed: null,
    networkMs: null,
    overheadMs: null,
    forecast: null,
    rounds: [],
    disks: [
      {
        id: `disk-of-${name}`,
        sizeBytes: 20 * GiB,
        zeroBytes: 17 * GiB,
        reusedBytes: GiB,
        copiedBytes: GiB / 2,
        pulledBytes: 5 * GiB,
        sentBytes: 2 * GiB,
        root: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    ],
    ...more,
  };
}

function aReport(more: Partial<Report> = {}): Report {
  return {
    campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de',
    project: 'shop',
    state: 'ready',
    startedAt: '2026-11-21T12:00:00.000Z',
    endedAt: '2026-11-21T12:09:00.000Z',
    moves: [aMove('db', 0), aMove('app-1', 210_000), aMove('日本 🦆', 420_000)],
    totals: {
      servers: 3,
      rolledBack: 0,
      diskBytes: 60 * GiB,
      sentBytes: 6 * GiB,
      resources: { network: 2, subnet: 2, router: 1, port: 3, server: 3 },
    },
    changes: { leftOut: [], mapped: [], adopted: [], changed: [] },
    left: null,
    verification: null,
    problems: [
      {
        code: 'E_PEER_LOST',
        says: 'The link was cut.',
        hint: 'The sender reconnects by itself.',
        at: '2026-11-21T12:03:10.000Z',
        overcome: false,
      },
    ],
    ...more,
  };
}

test('what a commit left at the destination is named, with the reason', () => {
  const image = { ref: 'disk/s1.root', id: 'i1', why: 'its server needs it' };
  const left = { images: [image, { ...image, id: 'i2' }], stamped: [{ ref: 'network/n1', why: 'Refused.' }] };
  const lines = reportText(aReport({ left }));
  expect(lines).toContain('Left at the destination: 2 images of moved servers, because its server needs it: i1, i2');
  expect(lines).toContain('Left at the destination: our tags on network/n1: Refused.');
  expect(lines).toContain('`sender commit 7c0a2d8e` tries to take them away again.');
  expect(reportPage(aReport({ left }))).toContain('i1, i2</p>');
});

test('a forecast with an assumed part is marked, and it is said which part', () => {
  const forecast = { downtimeMs: 9_000, phases: { stop: 9_000 }, deltaBytes: 0, assumed: ['import'] };
  const assumed = aReport({ moves: [aMove('web', 0, { forecast })] });
  expect(reportText(assumed).join('\n')).toMatch(
    /9\.0 s\?(.|\n)*is assumed in part, because no earlier move had measured it: import/,
  );
  expect(reportPage(assumed)).toContain('had measured it: import</p>');
  const measured = aReport({ moves: [aMove('web', 0, { forecast: { ...forecast, assumed: [] } })] });
  expect(reportText(measured).join('\n')).not.toContain('?');
});

test('text and page have one word for each thing', () => {
  const rounds = [{ round: 1, size: 1, blocks: 1, bytes: GiB, snapshot_ms: 1, copy_ms: 1, endedAt: '2026-11-21T12:00:00Z' }];
  const report = aReport({ moves: [aMove('db', 0, { rounds, networkMs: 1, rolledBackAt: '2026-11-21T13:00:00.000Z' })] });
  const heads = [...reportPage(report).matchAll(/<th [^>]*>(.*?)<\/th>/g)].map(([, head = '']) => head.toUpperCase());
  const lines = reportText(report, { everyPhase: true }).filter((line) => /^SERVER /.test(line));
  const titles = lines.flatMap((line) => line.split(/ {2,}/));
  expect(lines.length).toBe(5);
  expect(titles.filter((title) => !heads.includes(title))).toEqual([]);
});

test('the kinds of resources are said in the words of every other command, in text and page', () => {
  const resources = { security_group_rule: 2, floating_ip: 1, routes: 1 };
  const report = aReport({ totals: { servers: 3, rolledBack: 0, diskBytes: 0, sentBytes: 0, resources } });
  expect(reportText(report)).toContain('Built or adopted: 2 security group rules, 1 floating IP, 1 set of static routes');
  const page = reportPage(report);
  expect(page).toContain('<p>Built or adopted: 2 security group rules, 1 floating IP, 1 set of static routes</p>');
  expect(page).not.toMatch(/security_group|floating_ip/);
});

test('the report of a rolled-back campaign says when each server had moved and when it was back', () => {
  const moves = [aMove('db', 0, { state: 'rolled back', destinationId: null, rolledBackAt: '2026-11-21T13:00:00.000Z' })];
  const totals = { servers: 0, rolledBack: 1, diskBytes: 20 * GiB, sentBytes: 2 * GiB, resources: { network: 2 } };
  const page = reportPage(aReport({ state: 'rolled back', moves, totals }));
  expect(page).toContain('<b>1</b><span>moved and rolled back</span>');
  expect(page).toContain('<td>2026-11-21 12:03:20</td><td>2026-11-21 13:00:00</td>');
  expect(page).toContain('Built, and removed by the rollback; or adopted, and released');
});

describe('the page of a report', () => {
  test('is one file: it asks for nothing from anywhere', () => {
    const page = reportPage(aReport());
    expect(page).not.toMatch(/<script [^>]|<link|src=|url\(|@import|https?:|fetch|import\(/i);
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page).toContain(`script-src &#39;sha256-${hash}&#39;"`);
    expect(page).toMatch(/^<!doctype html>/);
  });

  test('shows every server, phase, disk, digest and problem', () => {
    const page = reportPage(aReport());
    for (const move of aReport().moves) {
      expect(page).toContain(move.name);
      for (const phase of move.phases) expect(page).toContain(`<title>${phase.name}: `);
      for (const disk of move.disks) expect(page).toContain(disk.root);
    }
    expect(page).toContain('E_PEER_LOST');
    expect(page.match(/<svg /g)?.length).toBe(3);
  });

  test('draws all servers on one time line: equal lengths are equal times, and the downtime is below', () => {
    const bars = [...reportPage(aReport()).matchAll(/<svg class="phases".*?<\/svg>/gs)].map(([bar]) =>
      [...bar.matchAll(/<rect x="([\d.]+)" width="([\d.]+)"[^/]*?(class="down")?\/>/g)].map(([, x, width, isDown]) => ({
        x: Number(x),
        end: Number(x) + Number(width),
        isDown: isDown !== undefined,
      })),
    );
    // 620.62 s from the first phase of the first server to the last of the third.
    const unit = 1_000 / 620_620;
    expect(bars.map((pieces) => pieces.length)).toEqual([9, 9, 9]);
    expect(bars[0]?.[0]?.x).toBeCloseTo(0, 0);
    expect(bars[1]?.[0]?.x).toBeCloseTo(210_000 * unit, 0);
    expect(bars[2]?.[7]?.end).toBeCloseTo(1_000, 0);
    const [down] = bars[1]?.filter(({ isDown }) => isDown) ?? [];
    expect(down?.x).toBeCloseTo(210_220 * unit, 0);
    expect((down?.end ?? 0) - (down?.x ?? 0)).toBeCloseTo(199_500 * unit, 0);
  });

  test('folds problems that a retry overcame, and shows those that stopped something', () => {
    const [problem] = aReport().problems;
    const overcome = Array.from({ length: 30 }, () => ({ ...problem, code: 'E_CLOUD', overcome: true }));
    const problems = [...overcome, problem] as Report['problems'];
    const page = reportPage(aReport({ problems }));
    expect(page.match(/<h2>Problems met<\/h2><ul>(.*?)<\/ul>/s)?.[1]?.match(/<li>/g)).toHaveLength(1);
    expect(page).toContain('<summary>30 problems that a retry overcame</summary>');
    const text = reportText(aReport({ problems })).join('\n');
    expect(text).toContain('E_PEER_LOST: The link was cut.');
    expect(text).toContain('Overcome by retries: E_CLOUD 30; `sender log` shows each.');
    expect(text).not.toContain('E_CLOUD: ');
  });

  test('gives every row of a server what search, sorting and groups read', () => {
    const page = reportPage(aReport({ moves: [aMove('Db "1"', 0, { wave: 'night & day' })] }));
    const find = 'data-find="db &quot;1&quot; id-of-db &quot;1&quot; moved night &amp; day';
    // Servers, time line, 8 phases, bytes, and 1 disk.
    expect(page.split(find).length - 1).toBe(1 + 1 + 8 + 1 + 1);
    expect(page).toContain('data-wave="night &amp; day"');
    expect(page).toContain('<data value="199500">3 min 20 s</data>');
  });

  test('has a colour of its own for every phase of a journey', () => {
    const phases = itinerary.map(({ name }) => ({ name, startedAt: '2026-11-21T12:00:00Z', ms: 1_000 }));
    const colours = [...phaseColours([aMove('db', 0, { phases })]).values()];
    expect(new Set(colours).size).toBe(itinerary.length);
  });

  test('shows a server’s name as text, whatever it holds', () => {
    const name = `<img src=x onerror="alert(1)">' & co`;
    const page = reportPage(aReport({ project: name, moves: [aMove(name, 0)] }));
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39; &amp; co');
  });

  test('can be written before anything has moved', () => {
    const waiting = aMove('web', 0, {
      state: 'waiting',
      phases: [],
      disks: [],
      migrationMs: null,
      downtimeMs: null,
      destinationId: null,
    });
    const page = reportPage(
      aReport({
        moves: [waiting],
        endedAt: null,
        problems: [],
        totals: { servers: 1, rolledBack: 0, diskBytes: 0, sentBytes: 0, resources: {} },
      }),
    );
    expect(page).toContain('No phase has ended yet.');
    expect(page.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});

describe('the text of a report', () => {
  test('fits the terminal and keeps every number', () => {
    const report = aReport({ moves: [aMove('db', 0)] });
    expect(reportText(report, { columns: 120, everyPhase: true }).join('\n')).toMatchSnapshot();
  });

  test('has one line for the phases of each server, without phases that are short on all of them', () => {
    const lines = reportText(aReport({ problems: [], moves: [aMove('db', 0), aMove('app-1', 210_000)] }));
    expect(lines.join('\n')).toMatchSnapshot();
    const brief = aMove('db', 0).phases.map((phase) => (phase.name === 'seal' ? { ...phase, ms: 99 } : phase));
    expect(reportText(aReport({ moves: [aMove('db', 0, { phases: brief })] })).join('\n')).not.toContain('SEAL');
  });

  test('leaves out when servers answered where no probe ran, and tells servers of one name apart', () => {
    const moves = ['3f2a1c77', '3f2a1d00'].map((server) => aMove('app', 0, { server, networkMs: 9_000 }));
    const text = reportText(aReport({ moves })).join('\n');
    expect(text).toMatch(/^SERVER +NETWORK +OVERHEAD$/m);
    expect(text).toMatch(/^app \(3f2a1c\) +moved/m);
    const lastAnswerAt = '2026-11-21T12:00:00Z';
    const firstAnswerAt = '2026-11-21T12:00:09Z';
    const addresses = ['10.0.0.5', '10.0.0.5'] as const;
    const probed = { lastAnswerAt, firstAnswerAt, downtimeMs: 9_000, addresses };
    const withProbe = reportText(aReport({ moves: moves.map((move) => ({ ...move, probed })) })).join('\n');
    expect(withProbe).toMatch(/OVERHEAD +LAST ANSWER +FIRST ANSWER$/m);
  });

  test('cuts a name of 253 characters, wherever it is read', () => {
    const lines = reportText(aReport({ moves: [aMove('x'.repeat(253), 0)] }));
    expect(lines.join('\n')).toContain(`${'x'.repeat(39)}…  moved`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(180);
  });

  test('tells what rounds sent apart from the last copy, and both together once', () => {
    const rounds = [
      { round: 1, size: 1, blocks: 1, bytes: 3 * GiB, snapshot_ms: 1, copy_ms: 1, endedAt: '2026-11-21T12:00:00Z' },
    ];
    const moves = [aMove('db', 0, { rounds })];
    const text = reportText(
      aReport({ moves, totals: { servers: 1, rolledBack: 0, diskBytes: 20 * GiB, sentBytes: 5 * GiB, resources: {} } }),
    );
    expect(text).toContain('1 server, 20.0 GiB of disks, 5.0 GiB sent');
    expect(text.join('\n')).toMatch(/SENT +IN ROUNDS(.|\n)*db .* 5\.0 GiB +3\.0 GiB/);
  });
});
