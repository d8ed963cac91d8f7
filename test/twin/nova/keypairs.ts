import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { parse } from '../body.ts';
import { quotaOf } from '../cloud.ts';
import { stamp } from '../identifier.ts';
import { badRequest, conflict, forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { Keypair } from './model.ts';
import { pageOf } from './paging.ts';

const keyOf = (userId: string, name: string): string => `${userId}:${name}`;

function keypairView(call: Call, keypair: Keypair, full = false): Record<string, unknown> {
  const view: Record<string, unknown> = { name: keypair.name, public_key: keypair.publicKey, fingerprint: keypair.fingerprint };
  if (call.minor >= 2) view['type'] = keypair.type;
  if (!full) return view;
  return {
    ...view,
    user_id: keypair.userId,
    created_at: keypair.createdAt.replace('Z', '.000000'),
    deleted: false,
    deleted_at: null,
    updated_at: null,
    id: 1,
  };
}

/** Whose keypairs are meant: the caller's, or since 2.10, for admins, those of another user. */
function ownerOf(call: Call): string {
  const asked = call.minor >= 10 ? call.query.get('user_id') : null;
  if (asked !== null && asked !== call.caller.userId && !call.caller.admin)
    throw forbidden("Policy doesn't allow os_compute_api:os-keypairs:index to be performed.");
  return asked ?? call.caller.userId;
}

function listKeypairs(call: Call): Answer {
  const owner = ownerOf(call);
  const found = [...call.cloud.state.keypairs.values()]
    .filter((keypair) => keypair.userId === owner)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((keypair) => ({ id: keypair.name, keypair }));
  // Paging came with 2.35; before it the list is whole.
  const { page, links } = call.minor >= 35 ? pageOf(call, found, 'os-keypairs') : { page: found, links: [] };
  const keypairs = page.map(({ keypair }) => ({ keypair: keypairView(call, keypair) }));
  return { status: 200, body: { keypairs, ...(links.length > 0 ? { keypairs_links: links } : {}) } };
}

function keypair(call: Call): Keypair {
  const found = call.cloud.state.keypairs.get(keyOf(ownerOf(call), call.param('name')));
  if (found === undefined) throw notFound(`Keypair ${call.param('name')} not found for user ${ownerOf(call)}`);
  return found;
}

const newKeypair = z.strictObject({
  keypair: z.strictObject({
    name: z.string().min(1).max(255),
    public_key: z.string().optional(),
    type: z.enum(['ssh', 'x509']).optional(),
    user_id: z.string().optional(),
  }),
});

async function createKeypair(call: Call): Promise<Answer> {
  const given = parse(newKeypair, call.body).keypair;
  if (given.type !== undefined && call.minor < 2)
    throw badRequest("Additional properties are not allowed ('type' was unexpected)");
  if (given.user_id !== undefined && call.minor < 10)
    throw badRequest("Additional properties are not allowed ('user_id' was unexpected)");
  const userId = given.user_id ?? call.caller.userId;
  if (userId !== call.caller.userId && !call.caller.admin)
    throw forbidden("Policy doesn't allow os_compute_api:os-keypairs:create to be performed.");
  // 2.92 allowed two more characters and ended generation.
  const allowed = call.minor >= 92 ? /^[\w\- .@]+$/ : /^[\w\- ]+$/;
  if (!allowed.test(given.name))
    throw badRequest(
      `An invalid 'name' value was provided. The name must be: Only expected characters: [${call.minor >= 92 ? '@._- ' : '_- '}0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]`,
    );
  const { keypairs } = call.cloud.state;
  if (keypairs.has(keyOf(userId, given.name))) throw conflict(`Key pair '${given.name}' already exists.`);
  const used = [...keypairs.values()].filter((each) => each.userId === userId).length;
  const limit = quotaOf(call.cloud, 'compute', call.caller.projectId, 'key_pairs');
  if (limit >= 0 && used >= limit) throw forbidden('Quota exceeded, too many key pairs.');
  if (given.public_key === undefined && call.minor >= 92)
    throw badRequest("Invalid input for field/attribute keypair. 'public_key' is a required property");
  const generated = given.public_key === undefined ? await generate(call.caller.userName) : undefined;
  const publicKey = given.public_key ?? generated?.publicKey ?? '';
  const type = given.type ?? 'ssh';
  const made: Keypair = {
    name: given.name,
    userId,
    type,
    publicKey,
    fingerprint: fingerprintOf(publicKey, type),
    createdAt: stamp(),
  };
  keypairs.set(keyOf(userId, given.name), made);
  call.cloud.changed();
  const view = {
    ...keypairView(call, made),
    user_id: userId,
    ...(generated === undefined ? {} : { private_key: generated.privateKey }),
  };
  return { status: call.minor >= 2 ? 201 : 200, body: { keypair: view } };
}

/** The MD5 of the key's blob in colon notation, as Nova shows it (nova/crypto.py). */
function fingerprintOf(publicKey: string, type: 'ssh' | 'x509'): string {
  if (type === 'x509') {
    const body = publicKey.replaceAll(/-----[^-]+-----|\s/g, '');
    if (!publicKey.includes('BEGIN CERTIFICATE'))
      throw badRequest('Keypair data is invalid: failed to generate X509 fingerprint.');
    return colons(createHash('sha1').update(Buffer.from(body, 'base64')).digest('hex'));
  }
  const [algorithm = '', blob = ''] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(blob, 'base64');
  const named = bytes.length > 4 && bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0)) === algorithm;
  if (!named) throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  return colons(createHash('md5').update(bytes).digest('hex'));
}

const colons = (hex: string): string => (hex.match(/../g) ?? []).join(':');

async function generate(comment: string): Promise<{ publicKey: string; privateKey: string }> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = pair.publicKey.export({ format: 'jwk' });
  const word = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  // The modulus begins with a set bit: as a signed number it needs a zero byte before it (RFC 4251,
  // mpint).
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(n, 'base64url')]);
  const blob = Buffer.concat([word(Buffer.from('ssh-rsa')), word(Buffer.from(e, 'base64url')), word(modulus)]);
  const privateKey = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return { publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-${comment}`, privateKey };
}

function deleteKeypair(call: Call): Answer {
  const found = keypair(call);
  call.cloud.state.keypairs.delete(keyOf(found.userId, found.name));
  call.cloud.changed();
  return { status: call.minor >= 2 ? 204 : 202 };
}

/** Keypairs. */
export const keypairRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/os-keypairs', listKeypairs),
  route('compute', 'POST', '/v2.1/os-keypairs', createKeypair),
  route('compute', 'GET', '/v2.1/os-keypairs/:name', (call) => ({
    status: 200,
    body: { keypair: keypairView(call, keypair(call), true) },
  })),
  route('compute', 'DELETE', '/v2.1/os-keypairs/:name', deleteKeypair),
];
