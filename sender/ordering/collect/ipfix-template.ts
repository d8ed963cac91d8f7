/**
 * A field of a template: its element number in IANA's registry and its length; 65,535 where each
 * record has its own.
 */
interface TemplateField {
  readonly element: number;
  /** 0 for IANA's elements, 29305 for the reverse direction (RFC 5103). */
  readonly enterprise: number;
  readonly length: number;
}

/** The layout of the records of a set. Records of options are parsed only to skip them. */
export interface Template {
  readonly fields: readonly TemplateField[];
  readonly options: boolean;
  /** The least bytes of a record. */
  readonly leastBytes: number;
}

/** The length that stands for a length in each record. */
export const variable = 65_535;

const mostFields = 256;

/** An entry of a template set; null withdraws a template, or all of them. */
export type TemplateEntry = { readonly id: number; readonly template: Template | null };

/**
 * Parses the body of a template set or options template set (RFC 7011, 3.4). Null where it is
 * damaged.
 */
export function parseTemplates(body: Buffer, options: boolean): TemplateEntry[] | null {
  const entries: TemplateEntry[] = [];
  let at = 0;
  while (body.length - at >= 4) {
    const id = body.readUInt16BE(at);
    const count = body.readUInt16BE(at + 2);
    // The rest may be padding.
    if (id === 0) break;
    at += 4;
    if (count === 0) {
      entries.push({ id, template: null });
      continue;
    }
    if (id < 256 || count > mostFields) return null;
    if (options) at += 2;
    const read = parseFields(body, at, count);
    if (read === null) return null;
    at = read.end;
    const leastBytes = read.fields.reduce((sum, { length }) => sum + (length === variable ? 1 : length), 0);
    // Records without bytes would never end.
    if (leastBytes === 0) return null;
    entries.push({ id, template: { fields: read.fields, options, leastBytes } });
  }
  return entries;
}

function parseFields(body: Buffer, start: number, count: number): { fields: TemplateField[]; end: number } | null {
  const fields: TemplateField[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (body.length < at + 4) return null;
    const element = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    at += 4;
    const own = (element & 0x8000) !== 0;
    if (own && body.length < at + 4) return null;
    fields.push({ element: element & 0x7fff, enterprise: own ? body.readUInt32BE(at) : 0, length });
    if (own) at += 4;
  }
  return { fields, end: at };
}
