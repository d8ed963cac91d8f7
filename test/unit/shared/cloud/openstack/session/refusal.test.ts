import { expect, test } from 'vitest';
import { type CloudSide, problemOf } from '../../../../../../shared/cloud/openstack/session/refusal.ts';

/** The hint for a refusal of one status by one side. */
function hintFor(side: CloudSide, status: number): string {
  const url = 'http://cloud.test/image/v2/images';
  const refused = { method: 'POST', url, service: 'image', status, headers: {}, text: 'no' };
  return problemOf(refused, side, (text) => text).hint;
}

test.each([403, 409, 413])('a source that answers %d is never told to change the destination', (status) => {
  expect(hintFor('source', status)).not.toMatch(/destination|mapping|plan/);
  expect(hintFor('destination', status)).toMatch(/destination|mapping|plan/);
});

test('what both clouds refuse alike has the hint of the table of problems', () => {
  for (const status of [400, 401, 500]) expect(hintFor('source', status)).toBe(hintFor('destination', status));
});

test.each([
  [403, '{"forbidden": {"message": "Maximum number of ports exceeded", "code": 403}}', 'E_QUOTA'],
  [403, '{"forbidden": {"message": "Quota exceeded, too many key pairs.", "code": 403}}', 'E_QUOTA'],
  [
    403,
    '{"forbidden": {"message": "Policy doesn\'t allow os_compute_api:os-quota-sets:update to be performed."}}',
    'E_FORBIDDEN',
  ],
  [
    403,
    '{"NeutronError": {"type": "PolicyNotAuthorized", "message": "rule:update_quota is disallowed by policy"}}',
    'E_FORBIDDEN',
  ],
  [409, '{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: [\'port\']."}}', 'E_QUOTA'],
])('a refusal is told by what was refused, a right or room: %i %s', (status, text, code) => {
  const refused = { method: 'POST', url: 'http://cloud.test/x', service: 'compute', status, headers: {}, text };
  expect(problemOf(refused, 'destination', (sentence) => sentence).code).toBe(code);
});
