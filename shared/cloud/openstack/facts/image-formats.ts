import type { CloudSession } from '../session/session.ts';

/** The formats that Glance takes; null where it does not tell them. */
export interface ImageFormats {
  readonly disk: readonly string[] | null;
  readonly container: readonly string[] | null;
}

/** Where nothing is known of them. */
export const untoldFormats: ImageFormats = { disk: null, container: null };

interface ImageSchema {
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly unknown[] }>>;
}

/**
 * Reads which formats Glance takes, as glance-api.conf has them (`disk_formats`,
 * `container_formats`). Image API v2, "Show image schema".
 */
export async function readImageFormats(session: CloudSession, signal: AbortSignal): Promise<ImageFormats> {
  const call = { method: 'GET', service: 'image', path: '/schemas/image', tolerate: [403, 404], signal } as const;
  const { status, body } = await session.call(call);
  if (status !== 200) return untoldFormats;
  const { properties = {} } = (body ?? {}) as ImageSchema;
  const told = (name: string): readonly string[] | null =>
    properties[name]?.enum?.filter((one): one is string => typeof one === 'string') ?? null;
  return { disk: told('disk_format'), container: told('container_format') };
}
