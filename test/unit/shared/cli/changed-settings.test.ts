import { expect, test } from 'vitest';
import { changedSettings } from '../../../../shared/cli/changed-settings.ts';

test('settings that changed are named by their path, with when each takes effect', () => {
  const before = { name: 'a', log: { level: 'info' }, limits: { parallel: 1, connections: 'auto' }, bandwidth: null };
  const after = {
    name: 'b',
    log: { level: 'debug' },
    limits: { parallel: 2, connections: 'auto' },
    bandwidth: [{ rate: '1mbit' }],
  };
  expect(changedSettings(before, after, ['log.level', 'bandwidth', 'limits.parallel'])).toEqual({
    now: ['log.level', 'limits.parallel', 'bandwidth'],
    afterRestart: ['name'],
  });
  expect(changedSettings(before, before, [])).toEqual({ now: [], afterRestart: [] });
});
