import { aResource } from '../build.ts';
import type { Case, Cases, Situation } from './case.ts';
import type { Look } from './look.ts';

const between = (fires: Situation, silent: Situation): Case => ({ fires, silent });

const quotas = aResource('quota_set', { id: 'compute', name: 'compute', limits: { cores: 40, instances: -1 } });

/** The cases of quotas of the project. */
export function quotaSetCases(look: Look): Cases {
  const there = (what: string, limits: Record<string, number>, admin: boolean, carried: boolean): Situation =>
    look(what, () => ({
      resources: [quotas],
      destination: { admin, limits: { compute: limits } },
      mappings: carried ? { quotas: 'carry' } : {},
    }));
  const allowing = (what: string, allowed: Record<string, number>): Situation =>
    look(what, () => ({
      resources: [quotas],
      destination: {
        admin: true,
        limits: { compute: { cores: 20, instances: -1 } },
        allow: { quotas: allowed, public_images: true },
      },
      mappings: { quotas: 'carry' },
    }));
  return {
    'quota_set.lower': between(
      there('twenty cores for forty', { cores: 20, instances: -1 }, false, false),
      there('more cores', { cores: 50, instances: -1 }, false, false),
    ),
    'quota_set.allowed': between(
      allowing('forty cores for an admin’s receiver that allows thirty', { cores: 30 }),
      allowing('for one that allows forty', { cores: 40 }),
    ),
    'quota_set.rights': between(
      there('a limit for none, and a member who raises it', { cores: 40, instances: 10 }, false, true),
      there('an admin who does', { cores: 40, instances: 10 }, true, true),
    ),
  };
}
