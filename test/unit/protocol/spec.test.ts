import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { closeCodes } from '../../../protocol/close.ts';
import { encodeHeader, headerBytes } from '../../../protocol/connection/frame.ts';
import { limits } from '../../../protocol/limits.ts';
import { messages, type Name } from '../../../protocol/messages.ts';
import { subprotocol } from '../../../protocol/version.ts';
import { DestinationFacts } from '../../../shared/cloud/facts.ts';
import { Concern, Decision } from '../../../shared/model/concern.ts';
import { Totals } from '../../../shared/model/totals.ts';
import { isProblemCode } from '../../../shared/problem.ts';

const spec = await readFile(new URL('../../../protocol/SPEC.md', import.meta.url), 'utf8');
const directions = { sender: 'sender → receiver', receiver: 'receiver → sender', either: 'either way' };

/**
 * Schemas that other documents describe: SPEC.md names them and, of an answer that is one, its own
 * fields.
 */
const elsewhere: ReadonlySet<unknown> = new Set([Concern, Decision, Totals]);

describe('SPEC.md', () => {
  it('has a section for every message, and none for others, in the order of the registry', () => {
    expect([...spec.matchAll(/^### `([a-z]+\.[a-z]+)`$/gm)].map((match) => match[1])).toEqual(Object.keys(messages));
  });

  it.each(Object.keys(messages) as Name[])('says of %s what the registry says', (name) => {
    const message = messages[name];
    const section = sectionOf(name);
    expect(section).toContain(`**Purpose.** ${message.purpose}\n`);
    expect(section).toContain(`**May be repeated?** ${message.repeatable}\n`);
    const answered = message.kind === 'notice' ? '' : ` · **Answered.** ${message.answered}`;
    expect(section).toContain(
      `**Direction.** ${directions[message.from]} · **Since.** ${message.since} · **When.** ${message.when} · **Kind.** ${message.kind}${answered}\n`,
    );
    expect(tableUnder(section, 'Params')).toEqual(fieldsOf(message.params));
    expect(tableUnder(section, 'Result')).toEqual(message.kind === 'request' ? fieldsOf(message.result) : []);
    const problems = section.match(/^\*\*Problems\.\*\* (.*)$/m)?.[1] ?? '';
    expect([...problems.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual('problems' in message ? message.problems : []);
  });

  it('lists every limit with its number', () => {
    const listed = rows(chapter('Limits')).map(([name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(listed)).toEqual(limits);
  });

  it('lists every close code with its problem and meaning', () => {
    const listed = rows(chapter('Framing').split('### Closing')[1] ?? '').filter(([code]) => /^\d+$/.test(code ?? ''));
    const table = Object.entries(closeCodes).map(([code, { problem, says }]) => [code, problem ?? '—', says]);
    expect(listed).toEqual(table);
  });

  it('names no problem and no limit that does not exist', () => {
    for (const [code] of spec.matchAll(/\bE_[A-Z_]+\b/g)) expect(isProblemCode(code), code).toBe(true);
    for (const [, name] of spec.matchAll(/`([a-z]+(?:Bytes|Ms|Depth|Digests|Heartbeats|Served))`/g))
      expect(limits).toHaveProperty([name ?? '']);
  });

  it('draws the header of a binary frame, and what a part has more, without gaps', () => {
    const header = rows(spec.split('### Binary frames')[1]?.split('###')[0] ?? '').map(([at, bytes]) => [
      Number(at),
      Number(bytes),
    ]);
    let next = 0;
    for (const [at, bytes] of header) {
      expect(at).toBe(next);
      next += bytes ?? 0;
    }
    expect(header.map(([at]) => at)).toContain(headerBytes);
    expect(next).toBe(
      encodeHeader({ id: 1, codec: 'none', rawBytes: 2, payload: Buffer.alloc(1), part: { at: 0, of: 2 } }).length,
    );
  });

  it('tells what each block size costs as it is reckoned', () => {
    const sizes = rows(spec.split('### Blocks, digests and roots')[1]?.split('###')[0] ?? '');
    const costs = sizes.map(([size = '', perGiB, manifest = '']) => [parseBytes(size), Number(perGiB), parseBytes(manifest)]);
    expect(costs).toEqual(costs.map(([size = 0]) => [size, 2 ** 30 / size, (2 ** 30 / size) * 32]));
  });

  it('names the subprotocol that both sides offer', () => {
    expect(spec).toContain(`**subprotocol** \`${subprotocol}\``);
  });
});

/**
 * The fields of a schema as SPEC.md writes them: `field?` where it may be absent, `a.b` inside an
 * object, `a[].b` inside a list.
 */
function fieldsOf(schema: z.ZodType, prefix = ''): string[] {
  const def = schema.def as z.core.$ZodTypeDef & {
    innerType?: z.ZodType;
    element?: z.ZodType;
    shape?: Record<string, z.ZodType>;
  };
  if (elsewhere.has(schema)) return prefix === '' ? Object.keys(def.shape ?? {}) : [];
  if (def.innerType) return fieldsOf(def.innerType, prefix);
  if (def.element) return fieldsOf(def.element, `${prefix.slice(0, -1)}[].`);
  return Object.entries(def.shape ?? {}).flatMap(([name, field]) => {
    const optional = ['optional', 'default'].includes(field.def.type) ? '?' : '';
    const inner = (schema as unknown) === DestinationFacts ? [] : fieldsOf(field, `${prefix}${name}.`);
    return [`${prefix}${name}${optional}`, ...inner];
  });
}

function sectionOf(name: Name): string {
  return spec.split(`### \`${name}\`\n`)[1]?.split(/^##/m)[0] ?? '';
}

function chapter(title: string): string {
  return spec.split(`\n## ${title}\n`)[1]?.split(/^## /m)[0] ?? '';
}

function tableUnder(section: string, title: string): string[] {
  return rows(section.split(`**${title}**\n`)[1]?.split('**')[0] ?? '').map(([name]) => name ?? '');
}

/** The rows of the tables in a text, without heads, without back-quotes around a whole cell. */
function rows(text: string): string[][] {
  return [...text.matchAll(/^\| (?!---)(.*) \|$/gm)]
    .map((match) => (match[1] ?? '').split(' | ').map((cell) => cell.replace(/^`([^`]*)`$/, '$1')))
    .filter(([first]) => !['field', 'limit', 'code', 'at', 'block size', 'shape', 'what comes'].includes(first ?? ''));
}

function parseBytes(text: string): number {
  const [count, unit] = text.split(' ');
  return Number(count) * (unit === 'MiB' ? 2 ** 20 : 2 ** 10);
}
