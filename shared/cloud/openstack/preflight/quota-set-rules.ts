import type { Concern } from '../../../model/concern.ts';
import { raisesOf } from '../../../model/quota-set.ts';
import type { Replaced } from '../../../model/replaced.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { limitText, raisedTooFar } from '../limits.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** The limits of the destination that are lower than those of the source. */
export function lowerLimits({ limits }: PreflightView, set: ResourceOf<'quota_set'>): Replaced<number> {
  return raisesOf(set.limits, limits[set.id] ?? {});
}

/** Whether a plan raises what is lower. */
export function areRaised({ mappings, admin }: PreflightView): boolean {
  return mappings.quotas === 'carry' && admin;
}

/** What a limit becomes before anything else is built; undefined where it stays. */
export function raisedLimit(view: PreflightView, name: string): number | undefined {
  if (!areRaised(view)) return undefined;
  return view
    .of('quota_set')
    .map((set) => lowerLimits(view, set)[name]?.is)
    .find((limit) => limit !== undefined);
}

function notAllowed({ id }: ResourceOf<'quota_set'>, refused: string): Concern {
  return blocking(
    'quota_set.allowed',
    refOf('quota_set', id),
    `The plan raises quotas of the ${id} service further than the receiver's configuration allows: ${refused}.`,
    'Let the plan keep the quotas, or have them raised, or allowed (`allow.quotas` of the receiver), by who runs the destination.',
  );
}

/** Quotas that are lower are told; only an admin raises them (Nova, Neutron, Cinder: update). */
export const lowerQuotas: PreflightRule = (view) =>
  view.of('quota_set').flatMap((set) => {
    const raises = lowerLimits(view, set);
    const refused = areRaised(view) ? raisedTooFar(view.allow, raises) : '';
    if (refused !== '') return [notAllowed(set, refused)];
    const lower = Object.entries(raises);
    if (lower.length === 0 || areRaised(view)) return [];
    const list = lower.map(([name, { was, is }]) => `${name} ${was} (source: ${limitText(is)})`).join(', ');
    const about = refOf('quota_set', set.id);
    const says = `Quotas of the ${set.id} service are lower at the destination: ${list}.`;
    if (view.mappings.quotas === 'carry')
      return [
        blocking(
          'quota_set.rights',
          about,
          `${says} Only an admin may raise them.`,
          "Use an admin's credentials, or let the plan keep the quotas.",
        ),
      ];
    return [warning('quota_set.lower', about, says, 'Have them raised, or let the plan do it with the credentials of an admin.')];
  });
