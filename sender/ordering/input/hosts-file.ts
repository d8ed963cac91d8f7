import { z } from 'zod';
import { parseYaml } from '../../../shared/config.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Host } from '../placement/place.ts';

/** As in the plan. */
const HostZone = z
  .string()
  .max(255)
  .regex(/^[^:\s]+$/, 'must not contain blanks or colons');

const HostsFile = z.strictObject({
  hosts: z
    .array(
      z
        .strictObject({
          /** A hypervisor's host name, or an aggregate's name. */
          id: z.string().min(1).max(255),
          vcpus: z.number().min(0),
          memory_mib: z.number().min(0),
          disk_gib: z.number().min(0),
          /** Its availability zone; the host itself is named where it is absent. */
          zone: HostZone.optional(),
        })
        .refine(
          ({ id, zone }) => zone !== undefined || HostZone.safeParse(id).success,
          'needs a zone, because its id is no hostname',
        ),
    )
    .min(1),
});

/**
 * Parses hosts.yaml: the free capacity of each host or aggregate at the destination. Throws
 * E_USAGE.
 */
export function parseHostsFile(text: string, file: string): Host[] {
  const { hosts } = parseYaml(text, file, HostsFile, 'E_USAGE');
  const twice = hosts.find(({ id }, index) => hosts.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new Problem('E_USAGE', `${file} has the host ${twice.id} twice.`, { about: file });
  return hosts.map(({ id, vcpus, memory_mib, disk_gib, zone }) => ({
    id,
    cpu: vcpus,
    memory: memory_mib,
    storage: disk_gib,
    zone,
  }));
}
