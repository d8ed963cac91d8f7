import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { elapsedMs, ticksNow } from '../../../shared/ticks.ts';

const at = (time: string): string => `2026-11-30T${time}.000Z`;

test('the ticks between two moments count, whatever the clock said', () => {
  const boot = 'aaaaaaaa';
  expect(elapsedMs({ at: at('10:00:00'), boot, up: 1_000 }, { at: at('09:00:05'), boot, up: 6_000 })).toBe(5_000);
  expect(elapsedMs({ at: at('10:00:00'), boot, up: 1_000 }, { at: at('11:00:05'), boot, up: 6_000 })).toBe(5_000);
});

test('nothing is known between two boots, nor where only a clock that was set back has noted it', () => {
  const before = { at: at('10:00:00'), boot: 'aaaaaaaa', up: 9_000 };
  expect(elapsedMs(before, { at: at('10:00:05'), boot: 'bbbbbbbb', up: 10_000 })).toBeNull();
  expect(elapsedMs({ at: at('10:00:00') }, { at: at('09:00:00') })).toBeNull();
});

test('what an earlier release noted is taken from its clock', () => {
  expect(elapsedMs({ at: at('10:00:00') }, { at: at('10:00:05') })).toBe(5_000);
  expect(elapsedMs({ at: at('10:00:00') }, { at: at('10:00:05'), boot: 'aaaaaaaa', up: 7 })).toBe(5_000);
});

test('another process of this machine counts the same ticks', () => {
  const file = new URL('../../../shared/ticks.ts', import.meta.url).href;
  const says = `import(${JSON.stringify(file)}).then(({ ticksNow }) => console.log(JSON.stringify(ticksNow())))`;
  const before = ticksNow();
  const other = JSON.parse(execFileSync(process.execPath, ['-e', says], { encoding: 'utf8' })) as typeof before;
  const after = ticksNow();
  expect(other.boot).toBe(before.boot);
  expect(other.up).toBeGreaterThanOrEqual(before.up);
  expect(other.up).toBeLessThanOrEqual(after.up);
});
