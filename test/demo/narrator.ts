import type { Report } from '../../sender/report/model.ts';
import { toldApart } from '../../sender/report/server-names.ts';
import type { Output } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { showBytes, showDuration } from '../../shared/print/units.ts';
import type { Planned } from './campaign.ts';
import type { Check } from './compare.ts';
import type { DiskProof } from './disks.ts';
import type { GuestProof } from './guests.ts';
import type { Proof } from './proof.ts';

/** Prints what happens; `heading` numbers the parts and shows when each after the first begins. */
export interface Narrator {
  readonly heading: (title: string) => void;
  readonly say: (...lines: readonly string[]) => void;
  readonly tick: (check: Check, note?: string) => void;
}

/** Prints to stdout, or to stderr where the result is JSON. */
export function narratorOn(output: Output, json: boolean): Narrator {
  const write = (...lines: readonly string[]): void => (json ? output.tell(...lines) : output.print(...lines));
  const begun = performance.now();
  let part = 0;
  return {
    heading: (title) => {
      part += 1;
      const since = `${showDuration(performance.now() - begun)} since the start`;
      // The first part is what starts: it has no time behind it yet.
      const at = part === 1 ? '' : `   ${output.style('dim', since)}`;
      write('', `${output.style('bold', `${part}. ${title}`)}${at}`, '');
    },
    say: (...lines) => write(...lines.map((line) => (line === '' ? '' : `   ${line}`))),
    tick: ({ name, differs }, note = '') => {
      const mark = differs === null ? output.style('green', '✓') : output.style('red', '✗');
      write(`   ${mark} ${name}${note}${differs === null ? '' : `: ${differs}`}`);
    },
  };
}

/** What a tenant has, in one line. */
export function inventoryLine(portrait: readonly Pick<Check, 'kind'>[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of portrait) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => counted(count, kind)).join(', ');
}

function counted(count: number, kind: string): string {
  return `${count} ${kind}${count === 1 ? '' : 's'}`;
}

/** Prints a plan in few lines: the order, the mappings, and every concern. */
export function showPlan(narrator: Narrator, { plan, concerns, decisions }: Planned): void {
  const count = (action: string): number => decisions.filter((decision) => decision.action === action).length;
  for (const wave of plan.waves) narrator.say(`${wave.name}: ${wave.servers.map(({ name, id }) => name ?? id).join(', ')}`);
  narrator.say(`at the destination: ${count('create')} to create, ${count('adopt')} to adopt, ${count('skip')} to skip`);
  const flavors = Object.values(plan.mappings.flavors).filter(({ name, to }) => name !== to);
  for (const { name, to } of flavors) narrator.say(`flavor ${name} becomes ${to}: the same size under another name`);
  for (const [first, ...others] of Map.groupBy(concerns, ({ code }) => code).values()) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more like it)`;
    if (first !== undefined) narrator.say(`${first.severity}: ${first.says} ${first.remedy}${more}`);
  }
  if (concerns.length === 0) narrator.say('concerns: none');
}

/** Prints the comparison by kind: equal resources are counted, different ones are named. */
export function showProof(narrator: Narrator, proof: Proof): void {
  narrator.say('The tenant at the destination against the one at the source, through both clouds’ own APIs:');
  showKinds(narrator, proof.resources);
  for (const line of proof.mapped) narrator.say(`  as planned: ${line}`);
  narrator.say('', 'Every disk read back from both clouds through Glance:');
  for (const disk of proof.disks) narrator.tick(disk, diskNote(disk));
  narrator.say('', 'What the guests say on their consoles; they count boots and seconds on their disks:');
  for (const guest of proof.guests) narrator.tick(guest, guestNote(guest));
  narrator.say('', 'The source against what it was before:');
  const touched = proof.source.filter(({ differs }) => differs !== null);
  const untouched = `${inventoryLine(proof.source)}: all as before, but that the servers are stopped`;
  if (touched.length === 0) narrator.tick({ kind: 'source', name: untouched, differs: null });
  for (const check of touched) narrator.tick({ ...check, name: `${check.kind} ${check.name}` });
}

function showKinds(narrator: Narrator, checks: readonly Check[]): void {
  for (const kind of new Set(checks.map((check) => check.kind))) {
    const ofKind = checks.filter((check) => check.kind === kind);
    const wrong = ofKind.filter(({ differs }) => differs !== null);
    const names = ofKind.map(({ name }) => name).join(', ');
    if (wrong.length === 0) narrator.tick({ kind, name: `${counted(ofKind.length, kind)}: ${names}`, differs: null });
    for (const check of wrong) narrator.tick({ ...check, name: `${kind} ${check.name}` });
  }
}

function diskNote({ differs, bytes, sha256 }: DiskProof): string {
  return differs === null ? `: ${showBytes(bytes)}, SHA-256 ${sha256.slice(0, 16)}… on both sides` : '';
}

function guestNote({ before, moved, after }: GuestProof): string {
  if (moved === null || after === null) return '';
  const boots = `boot ${before.boots} → ${after.boots}`;
  return `: ${after.ip} ${after.mac}, ${boots}, second ${before.ticks} → ${moved.ticks} when stopped → ${after.ticks} now`;
}

/** Prints a report's totals and one line for each server. */
export function showTotals(narrator: Narrator, { moves, totals }: Report): void {
  const zeroBytes = moves.flatMap(({ disks }) => disks).reduce((total, disk) => total + disk.zeroBytes, 0);
  narrator.say(
    `${totals.servers} servers with ${showBytes(totals.diskBytes)} of disks: ${showBytes(totals.sentBytes)} crossed the wire, ${showBytes(zeroBytes)} were zeros and did not.`,
    '',
    ...table(toldApart(moves), [
      { title: 'SERVER', show: ({ name }) => name },
      { title: 'TOOK', show: ({ migrationMs }) => (migrationMs === null ? '-' : showDuration(migrationMs)), align: 'right' },
      { title: 'DOWNTIME', show: ({ downtimeMs }) => (downtimeMs === null ? '-' : showDuration(downtimeMs)), align: 'right' },
      { title: 'DISK', show: ({ disks }) => showBytes(disks.reduce((total, disk) => total + disk.sizeBytes, 0)), align: 'right' },
      { title: 'SENT', show: ({ disks }) => showBytes(disks.reduce((total, disk) => total + disk.sentBytes, 0)), align: 'right' },
    ]),
  );
}
