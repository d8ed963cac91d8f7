import { expect, test } from 'vitest';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import { unsupportedAttributes } from '../../../../../../shared/cloud/openstack/preflight/attribute-rule.ts';
import { readView } from '../../../../../../shared/cloud/openstack/preflight/view.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test('an attribute that the destination does not know is told once for all who have it, and blocks where the guest needs it', async () => {
  const twin = await aFurnishedTwin();
  const { tenant } = await aCampaign(twin);
  const open = tenant.resources.map((one) => (one.kind === 'port' ? { ...one, port_security_enabled: false } : one));
  const site = new Site((await aHand(twin)).session);
  const view = await readView(site, open, tenant.mappings, AbortSignal.timeout(10_000));
  expect(unsupportedAttributes(view)).toEqual([]);
  const found = unsupportedAttributes({ ...view, lacks: new Set(['port-security', 'net-mtu-writable']) });
  expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'warning network.unsupported_attribute',
    'blocking port.unsupported_attribute',
  ]);
  expect(found[0]?.says).toBe('A network has mtu, which the destination cannot have without net-mtu-writable.');
  expect(found[1]?.says).toBe('2 ports have port_security_enabled, which the destination cannot have without port-security.');
});
