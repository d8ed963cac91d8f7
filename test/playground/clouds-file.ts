import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { TwinProcess } from '../support/clouds.ts';
import { OpenStackUser } from '../support/openstack-user.ts';

interface CloudEntry {
  readonly auth: {
    readonly auth_url: string;
    readonly username: string;
    readonly password: string;
    readonly project_name: string;
    readonly user_domain_name: string;
    readonly project_domain_name: string;
  };
  readonly region_name: string;
  readonly identity_api_version: number;
}

/**
 * Writes `clouds.yaml` with both clouds, as the owner of `shop` and as an administrator; returns
 * its path.
 */
export async function writeCloudsFile(
  dir: string,
  { west, east }: { readonly west: TwinProcess; readonly east: TwinProcess },
): Promise<string> {
  const file = join(dir, 'clouds.yaml');
  const clouds: Record<string, CloudEntry> = {
    west: entryOf(west, 'demo', 'shop'),
    east: entryOf(east, 'demo', 'shop'),
    'west-admin': entryOf(west, 'admin', 'admin'),
    'east-admin': entryOf(east, 'admin', 'admin'),
  };
  await writeFile(file, stringify({ clouds }), { mode: 0o600 });
  return file;
}

function entryOf({ name, authUrl, password }: TwinProcess, user: string, project: string): CloudEntry {
  return {
    auth: {
      auth_url: authUrl,
      username: user,
      password,
      project_name: project,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: name,
    identity_api_version: 3,
  };
}

/** Signs in to a cloud that `clouds.yaml` names. */
export async function signInTo(file: string, cloud: string): Promise<OpenStackUser> {
  const { clouds } = parse(await readFile(file, 'utf8')) as { clouds: Record<string, CloudEntry> };
  const entry = clouds[cloud];
  if (entry === undefined) throw new Error(`${file} names no cloud ${cloud}.`);
  const { auth_url: authUrl, username: user, password, project_name: project } = entry.auth;
  return OpenStackUser.signIn({ authUrl, user, password, project });
}
