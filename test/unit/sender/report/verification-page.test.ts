import { expect, test } from 'vitest';
import type { AttributeComparison, ComparedLine } from '../../../../sender/campaign/compare/comparison.ts';
import type { Verification } from '../../../../sender/campaign/compare/verification.ts';
import { verificationPage, verificationSection } from '../../../../sender/report/verification-page.ts';

const counts = { resources: 3, equal: 30, mapped: 4, unread: 0, told: 0, changed: 0, waived: 0, different: 0 };

function aLine(more: Partial<ComparedLine> = {}): ComparedLine {
  return {
    ref: 'subnet/sn1',
    name: 'front-v4',
    attribute: 'dns_nameservers',
    is: 'different',
    severity: 'serious',
    says: 'dns_nameservers is ["192.0.2.99"], not ["192.0.2.53"]',
    ...more,
  };
}

function aVerification(lines: readonly ComparedLine[], more: Partial<AttributeComparison> = {}): Verification {
  const kinds: Record<string, typeof counts> = {};
  for (const { ref, is } of lines) {
    const kind = ref.split('/')[0] ?? '';
    const before = kinds[kind] ?? counts;
    kinds[kind] = { ...before, [is]: before[is] + 1 };
  }
  return {
    campaign: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de',
    at: '2026-11-21T12:30:00.000Z',
    disks: [],
    comparison: { kinds, lines, omitted: 0, unread: [], idleWaivers: [], pastWaivers: [], worst: null, ...more },
    waivers: [],
  };
}

test('the page has each attribute that is not equal, with its severity, and text of a cloud is never markup', () => {
  const evil = '<script>alert(1)</script>';
  const page = verificationPage(aVerification([aLine({ name: evil, says: evil })], { worst: 'serious' }));
  expect(page).not.toContain(evil);
  expect(page).toContain('&lt;script&gt;');
  expect(page).toContain('<strong class="state failed">different</strong>');
  expect(page).toContain('<strong class="failed">serious</strong>');
  expect(page).toContain('<code>dns_nameservers</code>');
  expect(page).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;|default-src 'none'/);
});

test('the page tells who waived what until when, and which waivers cover nothing', () => {
  const waiver = { owner: 'ann', until: '2027-03-31', reason: 'the resolvers moved first' };
  const idle = { resource: 'router/r9', attribute: '*', ...waiver };
  const page = verificationPage(aVerification([aLine({ is: 'waived', waiver })], { idleWaivers: [idle] }));
  expect(page).toContain('2027-03-31, ann: the resolvers moved first');
  expect(page).toContain('Waivers that cover nothing: router/r9 *.');
  expect(page).toContain('<strong class="state ready">the same</strong>');
});

test('what an older receiver cannot compare is said in place of a table', () => {
  const verification: Verification = { ...aVerification([]), comparison: null };
  expect(verificationSection(verification)).toContain('The receiver is older than comparisons');
});
