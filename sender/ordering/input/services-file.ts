import { Document } from 'yaml';
import { z } from 'zod';
import { parseYaml } from '../../../shared/config.ts';
import { Problem } from '../../../shared/problem.ts';
import type { Service, ServiceMembers } from '../services/service.ts';
import type { NamedServer } from '../traffic/named-server.ts';
import { serverFinder } from './names.ts';

const ServicesFile = z.strictObject({
  services: z.array(
    z.strictObject({
      name: z.string().min(1).max(255),
      weight: z.number().positive().max(1e6).optional(),
      /** Ids, or names that only one server has. */
      servers: z.array(z.string().min(1)).min(1),
    }),
  ),
});

/** Parses services.yaml. Throws E_USAGE for servers that do not move or are in two services. */
export function parseServicesFile(text: string, file: string, servers: readonly NamedServer[]): ServiceMembers[] {
  const find = serverFinder(servers, file);
  const taken = new Map<string, string>();
  const names = new Set<string>();
  return parseYaml(text, file, ServicesFile, 'E_USAGE').services.map(({ name, weight, servers: words }) => {
    if (names.has(name)) throw new Problem('E_USAGE', `${file} has two services ${name}.`, { about: file });
    names.add(name);
    const ids = words.map((word) => {
      const id = find(word);
      const other = taken.get(id);
      if (other !== undefined)
        throw new Problem('E_USAGE', `${file} has ${word} twice: in ${other} and in ${name}.`, { about: file });
      taken.set(id, name);
      return id;
    });
    return { name, weight, servers: ids };
  });
}

/**
 * The services as a file to edit, with their descriptions and the names of their servers as
 * comments.
 */
export function servicesFileText(
  services: readonly Service[],
  weights: ReadonlyMap<string, number>,
  nameOf: (id: string) => string,
): string {
  const plain = services.map(({ name, servers }) => ({
    name,
    ...(weights.has(name) ? { weight: weights.get(name) } : {}),
    servers: [...servers],
  }));
  const document = new Document({ services: plain });
  document.commentBefore = [
    ' Services: servers that are of use only together. Edit them, then: sender analyze … --services FILE',
    ' The servers of a service that you delete are grouped by their traffic again.',
    ' `weight:` is how much its downtime counts beside that of other services (1).',
  ].join('\n');
  for (const [index, { says, servers }] of services.entries()) {
    const node = document.getIn(['services', index], true) as { commentBefore?: string };
    node.commentBefore = says.map((sentence) => ` ${oneLine(sentence)}`).join('\n');
    for (const [place, id] of servers.entries()) {
      const item = document.getIn(['services', index, 'servers', place], true) as { comment?: string };
      if (nameOf(id) !== id) item.comment = ` ${oneLine(nameOf(id))}`;
    }
  }
  return document.toString({ lineWidth: 0 });
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ');
}
