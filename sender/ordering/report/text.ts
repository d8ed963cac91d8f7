import { visible, widthOf } from '../../../shared/print/text.ts';
import { showBytes } from '../../../shared/print/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { count } from '../math/figures.ts';
import { namesOf } from '../traffic/named-server.ts';
import { costLines, costTitle } from './cost-text.ts';
import { mostRows, rowsLeftOut } from './lines.ts';
import { placementLines } from './placement-text.ts';
import { modeLines, pastLines, timeLines } from './prediction-text.ts';

/** One section of the text. */
interface TextSection {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The analysis as text for a terminal of so many columns. */
export function analysisText(analysis: Analysis, columns: number): string[] {
  return sectionsOf(analysis, columns).flatMap(({ title, lines }, index) => [...(index > 0 ? [''] : []), title, ...lines]);
}

function sectionsOf(analysis: Analysis, columns: number): TextSection[] {
  const { prediction, waves, past, placement, misplaced, notes } = analysis;
  const sections: TextSection[] = [
    { title: servicesTitle(analysis), lines: serviceLines(analysis) },
    { title: `Proposed: ${prediction.mode}, in ${count(waves.length, 'wave')}`, lines: waveLines(analysis, columns) },
    { title: costTitle(analysis), lines: costLines(analysis, columns) },
    { title: 'Order and mode, as predicted (nine of ten campaigns lie in the range)', lines: modeLines(analysis, columns) },
    { title: 'Each service and server, as predicted', lines: timeLines(analysis, columns) },
  ];
  if (past.length > 0)
    sections.push({ title: 'Earlier campaigns, each predicted from those before it', lines: pastLines(analysis, columns) });
  if (placement !== null || misplaced !== null)
    sections.push({ title: 'Placement at the destination', lines: placementLines(analysis, columns) });
  sections.push({ title: 'Notes', lines: notes.map((note) => `  ${visible(note)}`) });
  return sections;
}

function servicesTitle({ services, servers, pairs }: Analysis): string {
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0);
  return `${count(services.length, 'service')} of ${count(servers.length, 'server')}, which exchange ${showBytes(bytes)}`;
}

function serviceLines({ services }: Analysis): string[] {
  const shown = services.slice(0, mostRows);
  const lines = shown.flatMap(({ name, says }) => {
    const [head = '', ...more] = says;
    return [`  ${visible(name)}: ${head}`, ...more.map((sentence) => `      ${sentence}`)];
  });
  return [...lines, ...rowsLeftOut(services.length, 'service')];
}

function waveLines(analysis: Analysis, columns: number): string[] {
  const nameOf = namesOf(analysis.servers);
  const lines = analysis.waves.slice(0, mostRows).flatMap(({ name, servers }) => {
    const words = servers.map((id, index) => `${visible(nameOf(id))}${index < servers.length - 1 ? ',' : ''}`);
    return [`  ${visible(name)}`, ...wrapped(words, columns - 6).map((line) => `      ${line}`)];
  });
  return [...lines, ...rowsLeftOut(analysis.waves.length, 'wave')];
}

/** Fills lines with words without cutting any. */
function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
