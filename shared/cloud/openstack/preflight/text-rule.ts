import { type Resource, refOf } from '../../../model/resource.ts';
import { created } from './decisions.ts';
import { type PreflightRule, warning } from './rules.ts';

/** The kinds whose texts an owner chooses. */
const written = [
  'project',
  'qos_policy',
  'network',
  'address_scope',
  'subnet_pool',
  'subnet',
  'router',
  'address_group',
  'security_group',
  'security_group_rule',
  'dns_zone',
  'dns_record_set',
  'port',
  'trunk',
  'floating_ip',
  'server_group',
  'image',
  'volume',
  'server',
] as const;

/** The fields with such texts, of which a kind has some. */
interface WrittenText {
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Databases with three bytes per character refuse longer characters (Zed: in every text). */
export const texts: PreflightRule = (view) =>
  written.flatMap((kind) => {
    const wide = view.of(kind).filter((one) => fieldsWithWide(one).length > 0);
    return created<Resource>(view, wide).map((one) =>
      warning(
        `${kind}.name`,
        refOf(kind, one.id),
        `A character outside the basic plane, such as an emoji, is in its ${fieldsWithWide(one).join(' and ')}; many clouds refuse it.`,
        'Change it at the source, if the destination is Zed or older.',
      ),
    );
  });

function fieldsWithWide(resource: Resource): string[] {
  const { name, description = '', tags = [], metadata = {}, properties = {} } = resource as WrittenText;
  const values = { metadata: Object.values(metadata), properties: Object.values(properties) };
  const all = { name: [name], description: [description], tags, ...values };
  return Object.entries(all).flatMap(([field, some]) => (some.some(isWide) ? [field] : []));
}

function isWide(text: string): boolean {
  return /[\u{10000}-\u{10ffff}]/u.test(text);
}
