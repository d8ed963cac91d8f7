import { Document } from 'yaml';
import type { Concern, Decision } from '../../shared/model/concern.ts';
import { countOf, wordOf } from '../../shared/model/kind-words.ts';
import { type Kind, kindOf, type Ref, type Resource, refOf } from '../../shared/model/resource.ts';
import type { Plan } from '../model/plan.ts';
import { nameOf } from '../report/names.ts';
import { planHeader } from './plan-header.ts';
import { policySentences } from './policy-sentences.ts';
import { type MappingReason, reasonText } from './rules/reason.ts';
import { wrapped } from './wrapped.ts';

/**
 * A resource's name, with its ref where others of its kind share the name; the ref alone without
 * one.
 */
type Label = (ref: Ref) => string;

/**
 * Writes a plan as YAML for an operator to edit: what was found stands above it as comments, with
 * the names of what it is about.
 */
export function planText(
  plan: Plan,
  resources: readonly Resource[],
  concerns: readonly Concern[],
  decisions: readonly Decision[],
  reasons: readonly MappingReason[] = [],
): string {
  const label = labelsOf(resources);
  const document = new Document(plan);
  document.commentBefore = [
    ...planHeader.map((line) => (line === '' ? '' : ` ${line}`)),
    '',
    ...section('Policies', policySentences(plan)),
    '',
    ...section(
      'Concerns',
      concerns.map((concern) => concernText(concern, label)),
    ),
    ...suggestionsText(reasons),
    '',
    ...section('What would happen at the destination', decisionTexts(decisions, label)),
  ].join('\n');
  return document.toString({ lineWidth: 0 });
}

/** What may take the place of what nothing maps; nothing where all is mapped. */
function suggestionsText(reasons: readonly MappingReason[]): string[] {
  const open = reasons.filter(({ suggestions }) => suggestions.length > 0);
  return open.length === 0 ? [] : ['', ...section('Suggestions', open.map(reasonText))];
}

function concernText({ severity, code, about, says, remedy }: Concern, label: Label): string {
  const what = about === undefined ? 'campaign' : aboutText(about, label);
  return `${severity}: ${what}: ${says} ${remedy} (${code})`;
}

/** `server web-1`; the ref itself where the resource has no name. */
function aboutText(about: Ref, label: Label): string {
  const text = label(about);
  return text === about ? about : `${wordOf(kindOf(about))} ${text}`;
}

/** One text for each action and reason: how many of each kind, and their names. */
function decisionTexts(decisions: readonly Decision[], label: Label): string[] {
  const groups = Map.groupBy(decisions, ({ action, why }) => `${action} (${why})`);
  return [...groups].map(([title, group]) => {
    const kinds = Map.groupBy(
      group.map(({ ref }) => ref),
      kindOf,
    );
    return `${title}: ${[...kinds].map(([kind, refs]) => kindText(kind, refs, label)).join(', ')}`;
  });
}

/** `3 networks (app, db, web)`; the number alone where none of them has a name. */
function kindText(kind: Kind, refs: readonly Ref[], label: Label): string {
  const labels = refs.map(label);
  const isNamed = labels.some((text, index) => text !== refs[index]);
  return isNamed ? `${countOf(kind, refs.length)} (${labels.toSorted().join(', ')})` : countOf(kind, refs.length);
}

function labelsOf(resources: readonly Resource[]): Label {
  const names = new Map<Ref, string>(resources.map((resource) => [refOf(resource.kind, resource.id), nameOf(resource)]));
  const alike = Map.groupBy(names, ([ref, name]) => `${kindOf(ref)} ${name}`);
  return (ref) => {
    const name = names.get(ref) ?? '';
    if (name === '') return ref;
    return (alike.get(`${kindOf(ref)} ${name}`)?.length ?? 0) > 1 ? `${name} (${ref})` : name;
  };
}

function section(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [` ${title}: none.`];
  return [` ${title}:`, ...items.flatMap((item) => wrapped(item, '   - ', '     '))];
}
