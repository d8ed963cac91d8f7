import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { badRequest, Refusal } from './refusal.ts';
import type { ServiceName } from './service.ts';
import { textOf } from './text.ts';

/**
 * Reads a JSON body of limited length (oslo.middleware refuses more than 114688 bytes by default).
 */
export async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Without this a refusal in mid-body would cut the line before its answer is out.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Refusal(413, 'Request is too large.', 'RequestTooLarge');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Parses a JSON body; an empty one is undefined. */
export function parseJson(text: string, service: ServiceName): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    if (service === 'compute') throw badRequest('Malformed request body');
    throw badRequest('Body contains invalid data', 'HTTPBadRequest');
  }
}

/**
 * Checks a body against a schema; the first thing wrong becomes a 400 in the manner of Nova's and
 * Keystone's JSON schemas.
 */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `'${key}'`).join(', ');
    const verb = issue.keys.length > 1 ? 'were' : 'was';
    throw badRequest(`Additional properties are not allowed (${keys} ${verb} unexpected)`);
  }
  if (issue?.message.startsWith('An invalid ') === true) throw badRequest(issue.message);
  throw badRequest(`Invalid input for field/attribute ${where === '' ? 'body' : where}. ${issue?.message ?? ''}`);
}

/** A record with any keys. */
export const anyRecord = z.record(z.string(), z.unknown());

const beyondBmp = /[\u{10000}-\u{10ffff}]/u;

/**
 * Refuses four-byte UTF-8 the way a Zed cloud on Debian does, whose databases are utf8mb3: Nova and
 * Glance answer 400 where a name is checked, Neutron (and Nova where nothing checks) fail in the
 * database with 500.
 */
export function refuseWideCharacters(service: ServiceName, path: string, text: string, body: unknown): void {
  if (service === 'identity' || service === 'volume') return;
  const inPath = service === 'network' && beyondBmp.test(path);
  const inBody = beyondBmp.test(text) || (text.includes('\\u') && beyondBmp.test(JSON.stringify(body)));
  if (!inPath && !inBody) return;
  if (service === 'image')
    throw badRequest(
      namesWideCharacters({ image: body })
        ? "Name can't contain 4 byte unicode characters."
        : "Param values can't contain 4 byte unicode.",
    );
  if (service === 'compute' && namesWideCharacters(body))
    throw badRequest(
      "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    );
  const message = 'Request Failed: internal server error while processing your request.';
  throw new Refusal(500, message, 'HTTPInternalServerError');
}

function namesWideCharacters(body: unknown): boolean {
  const outer = anyRecord.safeParse(body);
  if (!outer.success) return false;
  return Object.values(outer.data).some((inner) => {
    const fields = anyRecord.safeParse(inner);
    return fields.success && ['name', 'description', 'hostname'].some((key) => beyondBmp.test(textOf(fields.data[key])));
  });
}
