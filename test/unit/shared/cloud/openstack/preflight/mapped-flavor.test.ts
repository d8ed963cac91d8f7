import { expect, test } from 'vitest';
import { mappedFlavorConcerns } from '../../../../../../shared/cloud/openstack/preflight/mapped-flavor.ts';
import { withAccepted } from '../../../../../../shared/model/accepted.ts';
import { Mappings } from '../../../../../../shared/model/mappings.ts';
import { aResource } from '../../../../../conformance/tenant.ts';

const sizes = { vcpus: 2, ram: 512, disk: 4 };
const there = { id: 'f', name: 'plain', ...sizes, 'OS-FLV-EXT-DATA:ephemeral': 0, swap: '', extra_specs: {} };

/** The severity of `flavor.hardware` where a plan has these lines in `accept`. */
function severity(flavor: object, ...accept: readonly string[]): string | undefined {
  const wanted = aResource('flavor', { id: 'gpu', name: 'gpu', ...sizes, ...flavor });
  const found = mappedFlavorConcerns(wanted, there as unknown as Parameters<typeof mappedFlavorConcerns>[1]);
  return withAccepted(found, Mappings.parse({ accept })).find(({ code }) => code === 'flavor.hardware')?.severity;
}

test('each device that a guest would lose is accepted by the flavor and its name, never by the code alone', () => {
  const gpu = { extra_specs: { 'pci_passthrough:alias': 'gpu:1' } };
  const named = 'flavor.hardware flavor/gpu pci_passthrough:alias';
  expect(severity(gpu)).toBe('blocking');
  expect(severity(gpu, 'flavor.hardware')).toBe('blocking');
  expect(severity(gpu, 'flavor.hardware flavor/gpu')).toBe('blocking');
  expect(severity(gpu, 'flavor.hardware flavor/other pci_passthrough:alias')).toBe('blocking');
  expect(severity(gpu, named)).toBe('warning');
  expect(severity({ ...gpu, swap: 64 }, named), 'the swap disk is not named').toBe('blocking');
  expect(severity({ ...gpu, swap: 64 }, named, 'flavor.hardware flavor/gpu swap')).toBe('warning');
});
