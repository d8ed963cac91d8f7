import { z } from 'zod';
import { orEmpty } from '../../shared/model/mappings.ts';

/**
 * What a rule can map. A volume type is mapped by its name, for all volumes that have it; users and
 * groups are who has roles in the project, and projects those with which something is shared.
 */
export const mapped = [
  'flavor',
  'network',
  'router',
  'security_group',
  'volume_type',
  'server',
  'user',
  'group',
  'project',
] as const;
export type RuleTarget = (typeof mapped)[number];

/** The numbers that a condition may be about. Units: GiB for memory, disk and size. */
export const measures = ['vcpus', 'memory_gib', 'disk_gib', 'size_gib'] as const;
export type RuleMeasure = (typeof measures)[number];

const bounds = /^(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?$/;

/** A range of numbers, both ends included: `4`, `4..8`, `16..` or `..2`. */
const RuleRange = z
  .union([z.number().min(0), z.string().regex(bounds, 'must be a number, or a range such as 4..8, 16.. or ..2')])
  .refine((range) => typeof range === 'number' || range !== '..', 'must have a lower or an upper bound')
  .transform((range) => {
    if (typeof range === 'number') return { least: range, most: range };
    const [, least, most] = bounds.exec(range) ?? [];
    return { least: Number(least ?? 0), most: most === undefined ? Number.POSITIVE_INFINITY : Number(most) };
  });

const Pattern = z.string().min(1).max(255);

/** What must hold of a thing, all of it; `name`, `zone` and `type` may have `*` and `?`. */
const RuleCondition = z.strictObject({
  name: Pattern.optional(),
  tag: z.string().min(1).optional(),
  zone: Pattern.optional(),
  /** The volume type. */
  type: Pattern.optional(),
  vcpus: RuleRange.optional(),
  memory_gib: RuleRange.optional(),
  disk_gib: RuleRange.optional(),
  /** Of the largest volume of a type. */
  size_gib: RuleRange.optional(),
});
export type RuleCondition = z.infer<typeof RuleCondition>;

/** One rule: what it is about, what must hold, and what takes the place at the destination. */
export const MappingRule = z.strictObject({
  /** For people; `--why` shows it. */
  name: z.string().min(1).max(200),
  maps: z.enum(mapped),
  when: orEmpty(RuleCondition, {}),
  /**
   * An id or a name at the destination, `create`, or `skip` for people and projects; for a server
   * its availability zone, for a project an id.
   */
  to: z.string().min(1).max(255),
});
export type MappingRule = z.infer<typeof MappingRule>;

/** A thing as a test of rules describes it. */
const ExampleThing = z.strictObject({
  name: z.string().default(''),
  tags: orEmpty(z.array(z.string()), []),
  zone: z.string().default(''),
  type: z.string().default(''),
  vcpus: z.number().optional(),
  memory_gib: z.number().optional(),
  disk_gib: z.number().optional(),
  size_gib: z.number().optional(),
});

const RuleTest = z.strictObject({
  maps: z.enum(mapped),
  of: ExampleThing,
  /** What the first rule that holds gives; null: none holds. */
  to: z.string().nullable(),
});

/** A file of rules: they are tried in their order, and the first that holds decides. */
export const RulesFile = z.strictObject({
  rules: orEmpty(z.array(MappingRule), []),
  /** What `sender rules test` checks. */
  tests: orEmpty(z.array(RuleTest), []),
});
export type RulesFile = z.infer<typeof RulesFile>;
