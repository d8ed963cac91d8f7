/** What a test of two releases needs beside what every test of two real clouds needs. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Census } from '../openstack/census.ts';
import { differences } from '../openstack/compare.ts';
import type { Account } from '../openstack/lab.ts';
import { finished } from '../openstack/process.ts';

/**
 * Makes the tenant of this folder in an empty project, with the client of that cloud's own release.
 */
export async function populateForReleases({ cloud, project }: Account): Promise<void> {
  const argv = [join(import.meta.dirname, 'tenant.sh'), cloud, project];
  const child = spawn('bash', argv, { env: { ...process.env, GODWIT_CLIENT: '' }, stdio: 'pipe' });
  const { code, stdout, stderr } = await finished(child);
  if (code !== 0) throw new Error(`tenant.sh: exit ${code}: ${(stderr || stdout).trim().slice(-2000)}`);
}

/** The network and the MTUs in a sentence of `differences`. */
const mtuDiffers = /^network network "(?<name>.*)": mtu is (?<is>\d+), at the source (?<was>\d+)$/;

/**
 * Whether a difference is one that the plan told before anything was written: a network whose MTU
 * the tunnels of the destination do not allow.
 */
export function isTold(difference: string, concerns: readonly string[]): boolean {
  const { name, is, was } = mtuDiffers.exec(difference)?.groups ?? {};
  if (name === undefined || Number(is) > Number(was)) return false;
  return concerns.some((says) => says.includes(`MTU of ${was}`) && says.includes(name));
}

/** What only newer releases tell, and what is not unset where nobody set it. */
const newer: readonly string[] = ['belongs_to_default_sg', 'external_gateways'];

/**
 * Every way in which the destination's project differs, where the clouds are of two releases: one
 * that does not know an attribute leaves it out, where another says that it is not set.
 */
export function differencesOfReleases(source: Census, destination: Census): string[] {
  return differences(withoutUnset(source), withoutUnset(destination));
}

function withoutUnset<T>(value: T): T {
  if (Array.isArray(value)) return value.map((one: unknown) => withoutUnset(one)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, inner]) => !newer.includes(name) && !['', false, null].includes(inner));
  return Object.fromEntries(kept.map(([name, inner]) => [name, name === 'properties' ? inner : withoutUnset(inner)])) as T;
}
