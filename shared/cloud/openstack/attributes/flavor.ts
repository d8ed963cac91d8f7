import { derived, type Table } from './attribute.ts';
import { byName } from './canonical.ts';
import { anyValue, name } from './standard.ts';

/**
 * Compute API, "List flavors with details". Most flavors are mapped; the rows serve those the plan
 * creates.
 */
// biome-ignore format: a table is read by column
export const flavor: Table = [
  name,
  { api: 'vcpus',                      field: 'vcpus',       fate: 'carried', sent: 'always' },
  { api: 'ram',                        field: 'ram',         fate: 'carried', sent: 'always' },
  { api: 'disk',                       field: 'disk',        fate: 'carried', sent: 'always' },
  { api: 'OS-FLV-EXT-DATA:ephemeral',  field: 'ephemeral',   fate: 'carried', sent: 'always', default: 0 },
  // Nova before 2.75 returns '' for none.
  { api: 'swap',                       field: 'swap',        fate: 'carried', sent: 'always', default: 0, read: mebibytes, canonical: mebibytes },
  { api: 'os-flavor-access:is_public', field: 'is_public',   fate: 'mapped', sent: 'always', default: true, write: no,
    why: 'a flavor that is created is for the project alone, not for the whole cloud' },
  { api: 'rxtx_factor',                field: 'rxtx_factor', fate: 'carried', sent: 'unless default', default: 1,
    accepts: anyValue },
  { api: 'extra_specs',                field: 'extra_specs', fate: 'carried', sent: 'with the stamp', default: {}, canonical: byName },
  { api: 'description',                fate: 'told', why: 'the description of a flavor that is created has our stamp until the commit' },
  ...derived('Nova’s record of it', 'id', 'links', 'OS-FLV-DISABLED:disabled'),
];

/**
 * Extra specs (Nova's "Extra Specs" reference). `vital`: gives the guest a device or memory it may
 * depend on; others decide where and how it runs. Exact names precede families.
 */
// biome-ignore format: a table is read by column
export const extraSpecs: Table = [
  { api: 'pci_passthrough:alias', fate: 'carried', vital: true, why: 'PCI devices of the host' },
  ...derived('the resources of every server', 'resources:VCPU', 'resources:MEMORY_MB', 'resources:DISK_GB'),
  { api: 'resources*',            fate: 'carried', vital: true, why: 'devices that the scheduler counts (virtual GPUs and the like)' },
  { api: 'accel:device_profile',  fate: 'carried', vital: true, why: 'accelerators of Cyborg' },
  { api: 'hw:tpm_*',              fate: 'carried', vital: true, why: 'an emulated TPM' },
  { api: 'hw:mem_encryption',     fate: 'carried', vital: true, why: 'encrypted memory' },
  { api: 'hw:pmem',               fate: 'carried', vital: true, why: 'persistent memory' },
  { api: 'os:secure_boot',        fate: 'carried', vital: true, why: 'secure boot' },
];

function no(): boolean {
  return false;
}

function mebibytes(swap: number | string): number {
  return Number(swap || 0);
}
