import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { AssignmentThere } from './assignments.ts';
import type { PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/** Names that a concern lists. */
const listed = 50;

/** How an assignment stands at the destination; null where the credentials may not see it. */
export function standingOf({ assignments }: PreflightView, { id }: ResourceOf<'role_assignment'>): AssignmentThere | null {
  return assignments?.get(refOf('role_assignment', id)) ?? null;
}

/** Roles that are lacking are told; only an admin sees and grants them. */
export const lackingRoles: PreflightRule = (view) => {
  const wanted = view.of('role_assignment');
  if (wanted.length === 0) return [];
  const isCarried = view.mappings.assignments === 'carry';
  const names = (...those: readonly AssignmentThere[]): string[] =>
    wanted.filter((one) => those.includes(standingOf(view, one) ?? 'skipped')).map(({ name }) => name);
  if (view.assignments === null) {
    const all = wanted.map(({ name }) => name);
    return isCarried ? [withoutRights(all)] : [concern('untold', all, untold)];
  }
  return [
    ...concernIf('kept', isCarried ? [] : names('lacking', 'no holder', 'no role', 'admin'), kept),
    ...concernIf('holder_absent', isCarried ? names('no holder') : [], holderAbsent),
    ...concernIf('role_absent', isCarried ? names('no role') : [], roleAbsent),
    ...concernIf('admin', isCarried ? names('admin') : [], admin),
  ];
};

interface Wording {
  readonly says: string;
  readonly remedy: string;
}

const kept: Wording = {
  says: 'These have no such role in the project at the destination',
  remedy: 'Grant what is needed there, or let the plan do it with the credentials of an admin.',
};

const untold: Wording = {
  says: 'The destination does not tell these credentials who has roles there; at the source have',
  remedy: 'Grant what is needed there by hand, or use an admin’s credentials.',
};

const holderAbsent: Wording = {
  says: 'The destination has no user or group of this name in the domain of the project, and grants no role to',
  remedy:
    'Create whoever is missing, with a password that Godwit never learns, or map them in `mappings.users` and `mappings.groups`.',
};

const roleAbsent: Wording = {
  says: 'The destination has no such role, and does not grant it to',
  remedy: 'Create the role there, or grant another one by hand.',
};

const admin: Wording = {
  says: 'The role admin counts in the whole cloud, and an equal name does not prove that it is the same person; it is not granted to',
  remedy: 'Name in `mappings.users` or `mappings.groups` who is to have it there, or leave it out.',
};

function concern(code: string, names: readonly string[], { says, remedy }: Wording): Concern {
  const list = firstFew(names, listed);
  return { code: `role_assignment.${code}`, severity: 'warning', says: `${says} (${names.length}): ${list}.`, remedy };
}

function concernIf(code: string, names: readonly string[], wording: Wording): Concern[] {
  return names.length === 0 ? [] : [concern(code, names, wording)];
}

function withoutRights(names: readonly string[]): Concern {
  return {
    code: 'role_assignment.rights',
    severity: 'blocking',
    says: `The plan grants roles in the project, which only an admin may (${names.length}): ${firstFew(names, listed)}.`,
    remedy: 'Use an admin’s credentials, or let the plan keep the roles as they are.',
  };
}
