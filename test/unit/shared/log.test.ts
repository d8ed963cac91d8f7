import { expect, test } from 'vitest';
import { openLog } from '../../../shared/log.ts';
import { Problem } from '../../../shared/problem.ts';

/** A log that keeps its lines. */
function aLog(level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const log = openLog('sender', level, { write: (line: string) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is one JSON object with time, level, name and sentence', () => {
  const { log, last } = aLog();
  log.info({ campaign: 'c1' }, 'it begins');
  expect(last()).toMatchObject({
    level: 'info',
    name: 'sender',
    campaign: 'c1',
    says: 'it begins',
    at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

test('a problem keeps its code and hint, and the chain of its causes', () => {
  const { log, last } = aLog();
  const cause = new Error('connect ECONNREFUSED');
  log.warn({ error: new Problem('E_PEER_LOST', 'The link was cut.', { cause }) }, 'lost');
  expect(last()['error']).toMatchObject({
    code: 'E_PEER_LOST',
    says: 'The link was cut.',
    cause: { message: 'connect ECONNREFUSED' },
  });
});

test('secrets are stars, at the top and inside what is logged', () => {
  const { log, lines } = aLog();
  log.info({ password: 'canary-1', auth: { token: 'canary-2', user: 'demo' }, headers: { 'X-Auth-Token': 'canary-3' } }, 'one');
  log.info({ request: { headers: { 'x-subject-token': 'canary-4', authorization: 'canary-5' } } }, 'two');
  log.child({ passphrase: 'canary-6' }).info({ pairingCode: 'canary-7' }, 'three');
  expect(lines.join('')).not.toContain('canary');
  expect(lines.join('')).toContain('demo');
});

test('what is below the level is not written', () => {
  const { log, lines } = aLog('info');
  log.debug('hidden');
  expect(lines).toEqual([]);
});
