import { cut, visible } from '../../../shared/print/text.ts';
import type { ServiceMembers } from '../services/service.ts';

/** A wave with the name it gets in the plan. */
export interface NamedWave {
  readonly name: string;
  readonly servers: readonly string[];
}

/**
 * Longest part of a wave's name that says what moves in it; a plan allows a hundred characters in
 * all.
 */
const longestLabel = 60;

/** Numbers the waves and names them after the services that move in them. */
export function nameWaves(waves: readonly (readonly string[])[], services: readonly ServiceMembers[]): NamedWave[] {
  const serviceOf = new Map(services.flatMap((service) => service.servers.map((id) => [id, service] as const)));
  return waves.map((servers, index) => {
    const inWave = [...new Set(servers.flatMap((id) => serviceOf.get(id) ?? []))];
    const name = `wave-${index + 1} ${cut(labelOf(inWave), longestLabel)}`;
    return { name: name.slice(0, 100).toWellFormed(), servers };
  });
}

function labelOf(services: readonly ServiceMembers[]): string {
  const large = services.find(({ servers }) => servers.length > 1);
  const [single] = services;
  if (large === undefined) return services.length === 1 ? visible(single?.name ?? '') : `${services.length} single servers`;
  return services.length > 1 ? `${visible(large.name)} and ${services.length - 1} more` : visible(large.name);
}
