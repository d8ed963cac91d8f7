import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startTwin, type Twin, type TwinOptions } from '../../twin/twin.ts';

/** Any JSON object, looked into with `at`. */
export type Json = Readonly<Record<string, unknown>>;

/** What a request was answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The value at a path of keys and indexes, such as `server.addresses.net1.0.addr`. */
  at(path: string): unknown;
  /** The text at a path; fails if it is none. */
  textAt(path: string): string;
  /** The list at a path; fails if it is none. */
  listAt(path: string): Json[];
}

/** Goes down into a value by keys. */
function dig(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
}

/** A client of one twin with one token. */
export interface Client {
  readonly token: string;
  readonly projectId: string;
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

/** A folder that goes with the test. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'twin-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A twin that stops with the test; as fast as it can be unless told otherwise. */
export async function aTwin(options: Partial<TwinOptions> = {}): Promise<Twin> {
  const twin = await startTwin({
    stateDir: options.stateDir ?? (await aFolder()),
    pace: 0,
    gibibyte: 4 * 1024 * 1024,
    zeroDiskForMembers: true,
    ...options,
  });
  onTestFinished(() => twin.stop());
  return twin;
}

/** Sends one request; paths begin with the service's prefix. */
export async function ask(
  twin: Twin,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(new URL(path, twin.authUrl), {
    method,
    headers: { ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const at = (where: string): unknown => dig(JSON.parse(text), where);
  const textAt = (where: string): string => {
    const found = at(where);
    if (typeof found !== 'string') throw new Error(`no text at ${where} in ${response.status} ${text}`);
    return found;
  };
  const listAt = (where: string): Json[] => {
    const found = at(where);
    if (!Array.isArray(found)) throw new Error(`no list at ${where} in ${response.status} ${text}`);
    return found;
  };
  return { status: response.status, headers: response.headers, text, at, textAt, listAt };
}

/** The body that asks for a token by password. */
export function passwordAuth(user: string, project: string | null, password = 'twin'): Json {
  const domain = { id: 'default' };
  const identity = { methods: ['password'], password: { user: { name: user, domain, password } } };
  return { auth: { identity, ...(project === null ? {} : { scope: { project: { name: project, domain } } }) } };
}

/** A client logged in to a project. */
export async function login(twin: Twin, user = 'demo', project = 'demo'): Promise<Client> {
  const reply = await ask(twin, 'POST', '/identity/v3/auth/tokens', passwordAuth(user, project));
  const token = reply.headers.get('x-subject-token') ?? '';
  return {
    token,
    projectId: reply.textAt('token.project.id'),
    ask: (method, path, body, headers) => ask(twin, method, path, body, { 'x-auth-token': token, ...headers }),
  };
}

/** Asks again until the answer is as wanted; gives up after five seconds. */
export async function until(question: () => Promise<Reply>, good: (reply: Reply) => boolean): Promise<Reply> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const reply = await question();
    if (good(reply)) return reply;
    if (Date.now() > deadline) throw new Error(`still not as wanted: ${reply.status} ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The header that asks for a compute microversion. */
export const microversion = (version: string): Record<string, string> => ({ 'openstack-api-version': `compute ${version}` });
