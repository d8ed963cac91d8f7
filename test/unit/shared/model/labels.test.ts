import { expect, test } from 'vitest';
import { labelsOf } from '../../../../shared/model/labels.ts';

test('a name that several servers have is followed by as much of the id as tells them apart', () => {
  const labels = labelsOf([
    { id: '3f2a1c00-1', name: 'app' },
    { id: '3f2a1c77-2', name: 'app' },
    { id: '9b000000-3', name: 'db' },
  ]);
  expect([...labels.values()]).toEqual(['app (3f2a1c0)', 'app (3f2a1c7)', 'db']);
});
