import { describe, expect, test } from 'vitest';
import { openLive } from '../../../../sender/cli/live.ts';
import { table } from '../../../../shared/print/table.ts';
import { cut, pad, visible, widthOf } from '../../../../shared/print/text.ts';
import { showBytes, showDuration, showRate, showShare, showTime } from '../../../../shared/print/units.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';

describe('units', () => {
  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [20 * 1024 ** 3, '20.0 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
  ])('%d bytes are %s', (bytes, shown) => expect(showBytes(bytes)).toBe(shown));

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [59_900, '59.9 s'],
    [59_990, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [100_800_000, '1 d 4 h'],
  ])('%d ms are %s', (ms, shown) => expect(showDuration(ms)).toBe(shown));

  test('a share is 100 % at the end and not before', () => {
    expect([showShare(0, 10), showShare(9_999, 10_000), showShare(10, 10), showShare(0, 0)]).toEqual([
      '0 %',
      '99 %',
      '100 %',
      '100 %',
    ]);
  });

  test('a rate of nothing and a time not yet come are dashes', () => {
    expect([showRate(0), showTime(null), showTime('2026-11-21T11:53:15.123Z')]).toEqual(['-', '-', '2026-11-21 11:53:15']);
  });
});

describe('text', () => {
  test('fills as many columns as a terminal gives it', () => {
    expect(['web', '日本', '🦆', '👩‍👩‍👧', 'e\u0301', '\u001b[31mred\u001b[39m', ''].map(widthOf)).toEqual([3, 4, 2, 2, 1, 3, 0]);
  });

  test('is cut at whole characters', () => {
    expect([cut('database', 5), cut('日本語', 4), cut('web', 3), cut('web', 0)]).toEqual(['data…', '日…', 'web', '']);
    expect(pad('日本', 6)).toBe('日本  ');
  });

  test('from a cloud cannot move the cursor, clear the screen or turn the direction', () => {
    expect(visible('a\u001b[2Jb\nc\u202Ed')).toBe('a\\u{1b}[2Jb\\u{a}c\\u{202e}d');
    expect(visible('Zürich 🦆')).toBe('Zürich 🦆');
  });
});

describe('a table', () => {
  const columns = [
    { title: 'NAME', show: (row: { name: string; size: number }) => row.name },
    { title: 'SIZE', show: (row: { name: string; size: number }) => showBytes(row.size), align: 'right' as const },
  ];

  test('aligns its columns, whatever the names are made of', () => {
    expect(
      table(
        [
          { name: 'web-1', size: 1 },
          { name: '日本 🦆', size: 1024 },
        ],
        columns,
      ).join('\n'),
    ).toMatchInlineSnapshot(`
      "NAME        SIZE
      web-1        1 B
      日本 🦆  1.0 KiB"
    `);
  });

  test('takes what does not fit from its widest column', () => {
    const lines = table([{ name: 'a-rather-long-name-of-a-server', size: 1024 }], columns, 24);
    expect(lines.map(widthOf)).toEqual([24, 24]);
    expect(lines[1]).toContain('…');
  });

  test('says that there are no rows', () => expect(table([], columns)).toEqual(['none']));
});

describe('something live', () => {
  const item = (state: string, text: string) => ({ picture: () => [], items: [{ key: 'web', state, text }] });

  test('is redrawn in place on a terminal, within its width and height', () => {
    const output = aRecordingOutput({ columns: 10, rows: 4 });
    const live = openLive(output);
    live.show({ picture: () => ['one', 'two'], items: [] });
    live.show({ picture: () => ['one', 'a line that is too long', 'three', 'four', 'five'], items: [] });
    expect(output.out).toEqual([
      '\u001b[2Kone\n\u001b[2Ktwo\n\u001b[0J',
      '\u001b[2A\u001b[2Kone\n\u001b[2Ka line th…\n\u001b[2K… 3 more …\n\u001b[0J',
    ]);
    live.end();
    expect(output.out.at(-1)).toMatch(/three\n.*four\n.*five\n/);
  });

  test('is a line per change of state elsewhere, and a line per few seconds while it lasts', () => {
    const output = aRecordingOutput();
    let nowMs = 0;
    const live = openLive(output, () => nowMs);
    live.show(item('copy', '1 %'));
    live.show(item('copy', '1 %'));
    nowMs = 1_000;
    live.show(item('copy', '2 %'));
    nowMs = 6_000;
    live.show(item('copy', '3 %'));
    live.show(item('create', 'created'));
    expect(output.text()).toMatch(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) {2}1 %\n.{19} {2}3 %\n.{19} {2}created\n$/);
  });
});
