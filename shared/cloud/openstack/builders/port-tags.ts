import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import { compare } from '../attributes/differences.ts';
import { tagged, tagsOfPorts } from '../servers/port-tags.ts';
import type { Site } from './site.ts';

/** An interface of a creation request; its tag is what the guest knows it by (from 2.42 on). */
export function taggedPort(
  { port_tags }: ResourceOf<'server'>,
  port: string,
  context: BuildContext,
): { readonly port: string; readonly tag?: string } {
  const tag = port_tags[port];
  return { port: context.built(refOf('port', port)), ...(tag === undefined ? {} : { tag }) };
}

/** How the tags of interfaces differ, as far as Nova tells them (from 2.70 on). */
export async function tagDifferences(
  site: Site,
  { ports, port_tags }: ResourceOf<'server'>,
  id: string,
  context: BuildContext,
): Promise<string[]> {
  const tags = ports.flatMap((port): [string, string][] => (port_tags[port] === undefined ? [] : [[port, port_tags[port]]]));
  if (tags.length === 0 || !(await site.offers(tagged, context.signal))) return [];
  const are = (await tagsOfPorts(site.session, id, context.signal)) ?? {};
  const is = tags.map(([port]) => [port, are[context.built(refOf('port', port))] ?? null]);
  return compare({ port_tags: [Object.fromEntries(tags), Object.fromEntries(is)] });
}
