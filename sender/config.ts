import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { limits as protocolLimits } from '../protocol/limits.ts';
import { providers } from '../shared/cloud/all.ts';
import { cloudSection } from '../shared/cloud/section.ts';
import { readYaml } from '../shared/config.ts';
import { logLevels } from '../shared/log.ts';
import { BandwidthSetting } from './model/bandwidth.ts';
import { mostParallel } from './model/plan.ts';
import { MappingRule } from './model/rule.ts';

const path = z.string().startsWith('/', 'must be an absolute path');

/** `sender.yaml`, as it is written; sender.example.yaml explains every setting. */
export const SenderSettings = z.strictObject({
  name: z.string().min(1).max(64).nullable().default(null),
  state: path.default('/var/lib/godwit-sender'),
  control: path.nullable().default(null),
  spool: path.nullable().default(null),
  log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
  cloud: cloudSection(providers),
  ssh: z
    .strictObject({
      key: path.nullable().default(null),
      passphrase_file: path.nullable().default(null),
      agent: path.nullable().default(null),
      known_hosts: z.array(path).min(1).default(['/etc/ssh/ssh_known_hosts']),
    })
    .prefault({}),
  bandwidth: BandwidthSetting.default(null),
  rules: z
    .union([path, z.array(MappingRule)])
    .nullable()
    .default(null),
  limits: z
    .strictObject({
      parallel: z.int().min(1).max(mostParallel).default(1),
      connections: z.union([z.literal('auto'), z.int().min(1).max(protocolLimits.lanes)]).default('auto'),
      retry_after_seconds: z.array(z.number().min(0).max(3600)).max(16).default([2, 5, 15, 30]),
    })
    .prefault({}),
});

/** The sender's configuration with every place filled in; frozen. */
export type SenderConfig = Readonly<z.infer<typeof SenderSettings>> & {
  readonly name: string;
  readonly control: string;
  readonly spool: string;
};

/** Reads `sender.yaml`; E_CONFIG lists every complaint with its place. */
export async function readSenderConfig(file: string): Promise<SenderConfig> {
  const settings = await readYaml(file, SenderSettings);
  return Object.freeze({
    ...settings,
    name: settings.name ?? hostname(),
    control: settings.control ?? join(settings.state, 'control.sock'),
    spool: settings.spool ?? join(settings.state, 'spool'),
  });
}
