import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { ApiKeypair } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { keyOf } from '../attributes/keypair.ts';
import { requestFor } from '../attributes/request.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';

/**
 * Keypairs: imported by name; one with the same key is adopted, and one with another key stays as
 * it is where no server needs the source's. They carry no stamp: one that was missing when the
 * ledger noted its creation, and exists now, is ours.
 */
export const keypair: Family<'keypair'> = {
  async ensure(site, resource, context) {
    const { claimed, signal } = context;
    const there = await readKeypair(site, resource.name, signal);
    if (there !== null && sameKey(there, resource)) return { id: there.name, how: claimed ? 'found' : 'adopted' };
    // That the key is another one was told by preflight, and is told again as a difference.
    if (there !== null && !isUsed(resource, context.resources())) return { id: there.name, how: 'adopted' };
    if (there !== null)
      throw new Problem('E_CONFLICT', `The destination has a keypair ${resource.name} with another key.`, {
        about: refOf('keypair', resource.id),
        hint: 'Rename or remove the keypair at the destination, or use the credentials of another user.',
      });
    const { name } = resource;
    try {
      const request = await requestFor(site, resource, context);
      await site.send('POST', 'compute', '/os-keypairs', { keypair: request }, 'keypair', signal);
    } catch (error) {
      // The keypair was missing before the request, so one with this key was created by it.
      const made = signal.aborted ? null : await readKeypair(site, name, signal);
      if (made === null || !sameKey(made, resource)) throw withWayOn(error, resource);
    }
    return { id: name, how: 'created' };
  },

  async find(site, resource, { claimed, signal }) {
    const there = claimed ? await readKeypair(site, resource.name, signal) : null;
    return there !== null && sameKey(there, resource) ? there.name : null;
  },

  occupied: async (site, resource, { signal }) => (await readKeypair(site, resource.name, signal)) !== null,

  async differences(site, resource, id, context) {
    const is = await readKeypair(site, id, context.signal);
    return is === null ? gone('keypair', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, _campaign, { signal }) {
    const path = `/os-keypairs/${encodeURIComponent(id)}`;
    const { status } = await site.session.call({ method: 'DELETE', service: 'compute', path, mayBeGone: true, signal });
    return status !== 404;
  },
};

/**
 * Nova takes the types of keys that its library knows (nova/api/openstack/compute/keypairs.py;
 * nova/crypto.py, generate_fingerprint): of Ed25519, of security keys and of DSA some releases know
 * none, and no API tells which.
 */
function withWayOn(error: unknown, { id, public_key }: ResourceOf<'keypair'>): unknown {
  if (!(error instanceof Problem) || error.code !== 'E_CLOUD_REFUSED') return error;
  const about = refOf('keypair', id);
  const [type = 'this type'] = public_key.split(' ');
  const hint = `The destination may not know keys of type ${type}. Roll back, and name \`${about}\` in \`skip\` of a new plan: servers are made without the key's name, and guests have the key on their disks.`;
  return new Problem(error.code, error.message, { about, cause: error, hint });
}

/** Whether a server of the document is made with a keypair. */
export function isUsed({ id }: ResourceOf<'keypair'>, resources: readonly Resource[]): boolean {
  return resources.some((one) => one.kind === 'server' && one.key_name === id);
}

/** Reads a keypair of our own user; null where there is none. */
function readKeypair(site: Site, name: string, signal: AbortSignal): Promise<ApiKeypair | null> {
  return site.get<ApiKeypair>('compute', `/os-keypairs/${encodeURIComponent(name)}`, 'keypair', signal);
}

/** Whether two keypairs hold the same key; an SSH key's comment does not count. */
export function sameKey(a: Pick<ApiKeypair, 'public_key'>, b: Pick<ResourceOf<'keypair'>, 'public_key'>): boolean {
  return keyOf(a.public_key) === keyOf(b.public_key);
}
