import { z } from 'zod';
import { Id } from '../model/resource.ts';
import { Problem, type ProblemCode } from '../problem.ts';

/** Bytes of a block of a bundle. */
export const bundleBlockBytes = 64 * 1024;

/** Blocks of a page of a bundle. */
export const bundlePageBlocks = 64;

/** Most bytes of an entry that is JSON, of the document, and of a page. */
export const jsonBytes = 64 * 1024;
export const documentBytes = 64 * 1024 * 1024;
export const pageEntryBytes = bundlePageBlocks * bundleBlockBytes + 4096;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/**
 * The versions of a bundle. One of version 2 has volumes that no server has, or images, which an
 * earlier release refuses.
 */
export const bundleVersions: readonly number[] = [1, 2];

/** The first entry. */
export const Header = z.object({
  format: z.literal('godwit/bundle'),
  version: z.literal(bundleVersions),
  campaign: z.uuid(),
  release: z.string().max(100),
  created_at: z.iso.datetime(),
  algorithm: z.enum(['sha256', 'blake3']),
  block_size: z.literal(bundleBlockBytes),
});
export type Header = z.infer<typeof Header>;

/** Which disk follows. */
export const DiskHead = z.object({ server: Id, disk: Id, size: count.max(2 ** 48) });
export type DiskHead = z.infer<typeof DiskHead>;

/** What the whole disk must be. */
export const Seal = z.object({ pages: count, root: hex });
export type Seal = z.infer<typeof Seal>;

/** What the whole bundle must be. */
export const End = z.object({ disks: count, pages: count, roots: hex });
export type End = z.infer<typeof End>;

/** The names of entries; disks count from 1. */
export const names = {
  header: 'godwit-bundle.json',
  document: 'configurations.json',
  disk: (disk: number): string => `${folderOf(disk)}/disk.json`,
  page: (disk: number, page: number): string => `${folderOf(disk)}/${String(page).padStart(8, '0')}`,
  seal: (disk: number): string => `${folderOf(disk)}/seal.json`,
  end: 'end.json',
} as const;

function folderOf(disk: number): string {
  return `disks/${String(disk).padStart(4, '0')}`;
}

/** The page that a name of an entry of a disk says, or null for any other name. */
export function pageIn(name: string, disk: number): number | null {
  const start = `${folderOf(disk)}/`;
  const digits = name.startsWith(start) ? name.slice(start.length) : '';
  const page = /^\d{8,10}$/.test(digits) ? Number(digits) : null;
  return page !== null && names.page(disk, page) === name ? page : null;
}

/** A bundle that is not as it must be. */
export function spoilt(says: string, about?: string, code: ProblemCode = 'E_BUNDLE'): Problem {
  return new Problem(code, says, { about });
}

/** Reads an entry of JSON. Throws E_BUNDLE with its place. */
export function parseEntry<T>(schema: z.ZodType<T>, bytes: Buffer, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Problem('E_BUNDLE', `${name} is not JSON: ${(cause as Error).message}.`, { about: name, cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`);
  throw spoilt(`${name} is not as it must be: ${complaints.join('; ')}.`, name);
}
