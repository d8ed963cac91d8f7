import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { limits } from '../protocol/limits.ts';
import { defaultPort } from '../protocol/transport/address.ts';
import { providers } from '../shared/cloud/all.ts';
import { cloudSection } from '../shared/cloud/section.ts';
import { readYaml } from '../shared/config.ts';
import { logLevels } from '../shared/log.ts';

const MiB = 1024 * 1024;

const path = z.string().startsWith('/', 'must be an absolute path');

/** `receiver.yaml`, as it is written; receiver.example.yaml explains every setting. */
export const ReceiverSettings = z.strictObject({
  name: z.string().min(1).max(64).nullable().default(null),
  state: path.default('/var/lib/godwit-receiver'),
  control: path.nullable().default(null),
  log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
  cloud: cloudSection(providers),
  listen: z
    .strictObject({ host: z.string().min(1).default('::'), port: z.int().min(0).max(65_535).default(defaultPort) })
    .prefault({}),
  keep_disks: z.boolean().default(false),
  direct_io: z.boolean().default(true),
  donors: z
    .strictObject({ images: z.enum(['none', 'matching']).default('matching'), image_gib: z.int().min(1).default(32) })
    .prefault({}),
  limits: z
    .strictObject({
      window_mib: z
        .int()
        .min(4)
        .max(limits.pullBytes / MiB)
        .default(64),
    })
    .prefault({}),
});

/** The receiver's configuration with every place filled in; frozen. */
export type ReceiverConfig = Readonly<z.infer<typeof ReceiverSettings>> & { readonly name: string; readonly control: string };

/** Reads `receiver.yaml`; E_CONFIG lists every complaint with its place. */
export async function readReceiverConfig(file: string): Promise<ReceiverConfig> {
  const settings = await readYaml(file, ReceiverSettings);
  return Object.freeze({
    ...settings,
    name: settings.name ?? hostname(),
    control: settings.control ?? join(settings.state, 'control.sock'),
  });
}
