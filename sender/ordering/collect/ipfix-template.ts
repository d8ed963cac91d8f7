/** A field of a template: its number in IANA's registry of information elements, and its length; 65,535 is a length in each record. */
interface TemplateField {
  readonly element: number;
  /** 0 is IANA's own; 29305 turns an element round (RFC 5103). */
  readonly enterprise: number;
  readonly length: number;
}

/** How records of one set are laid out. Records of options are known, to be stepped over. */
export interface Template {
  readonly fields: readonly TemplateField[];
  readonly options: boolean;
  /** Fewest bytes a record can have. */
  readonly leastBytes: number;
}

/** The mark of a length that stands in each record. */
export const variable = 65_535;

const mostFields = 256;

/** One entry of a template set: a template, the withdrawal of one, or of all. */
export type TemplateEntry = { readonly id: number; readonly template: Template | null };

/** Reads a template set's or options template set's body (RFC 7011, 3.4). Null for what is torn. */
export function parseTemplates(body: Buffer, options: boolean): TemplateEntry[] | null {
  const entries: TemplateEntry[] = [];
  let at = 0;
  while (body.length - at >= 4) {
    const id = body.readUInt16BE(at);
    const count = body.readUInt16BE(at + 2);
    // What is left may be padding with zeros.
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
    // Records without bytes would never come to an end.
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
