import { showDuration } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import { comparedWithRandom } from '../../analysis/comparison.ts';
import { count } from '../../math/figures.ts';
import { type Drawing, stacked, svgOf, textAt, textWide } from './drawing.ts';
import { graphOf } from './graph.ts';
import { legendOf } from './legend.ts';
import { stepsOf } from './steps.ts';
import { timelineOf } from './timeline.ts';

/** Graph and timeline as one SVG file. */
export function pictureOf(analysis: Analysis): string {
  const steps = stepsOf(analysis);
  const graph = graphOf(analysis, steps);
  const parts = [
    headingDrawing(analysis),
    legendOf(analysis, steps, graph),
    graph,
    section('Predicted downtime'),
    timelineOf(analysis, steps),
  ];
  return svgOf(stacked(parts, 18), titleOf(analysis), summarySentence(analysis), 'order');
}

/** The graph with its legend as an element of a page. */
export function graphElement(analysis: Analysis): string {
  const steps = stepsOf(analysis);
  const graph = graphOf(analysis, steps);
  return svgOf(stacked([legendOf(analysis, steps, graph), graph], 18), titleOf(analysis), summarySentence(analysis), 'graph');
}

/** The timeline as an element of a page. */
export function timelineElement(analysis: Analysis): string {
  return svgOf(timelineOf(analysis, stepsOf(analysis)), 'Predicted downtime', summarySentence(analysis), 'timeline');
}

/** The title of an analysis. */
export function titleOf({ servers, services, prediction, waves }: Analysis): string {
  const inWaves = waves.length > 1 ? `, in ${waves.length} waves` : '';
  return `${count(servers.length, 'server')} in ${count(services.length, 'service')}: ${prediction.mode}${inWaves}`;
}

/** The result of an analysis in two sentences. */
export function summarySentence({ servers, comparison, prediction }: Analysis): string {
  const less = 100 * comparedWithRandom(comparison).spared;
  const down = showDuration(prediction.serviceDowntimeMs.value);
  const order = servers.length === 1 ? '' : `, ${Math.abs(less) < 0.5 ? 'as' : `${less.toFixed(0)} % less than`} in random order`;
  const length = showDuration(prediction.lengthMs.value);
  return `Services are predicted to be down ${down} on average${order}. The campaign takes ${length}.`;
}

function headingDrawing(analysis: Analysis): Drawing {
  const title = titleOf(analysis);
  const says = summarySentence(analysis);
  const width = Math.max(textWide(title, 17), textWide(says, 12));
  return { width, height: 40, body: `${textAt(0, 16, title, 'title')}${textAt(0, 37, says, 'soft')}` };
}

function section(title: string): Drawing {
  return { width: textWide(title, 13), height: 18, body: textAt(0, 14, title, 'name') };
}
