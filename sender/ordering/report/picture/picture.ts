import { showBytes, showDuration } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import { comparedWithRandom } from '../../analysis/comparison.ts';
import { count } from '../../math/figures.ts';
import { type Drawing, px, stacked, svgOf, textAt, textWide } from './drawing.ts';
import { graphOf, widthOf } from './graph.ts';
import { type Steps, stepsOf } from './steps.ts';
import { timelineOf } from './timeline.ts';

/** Graph and timeline as one SVG file. */
export function pictureOf(analysis: Analysis): string {
  const steps = stepsOf(analysis);
  const graph = graphOf(analysis, steps);
  const parts = [
    headingDrawing(analysis),
    legendOf(analysis, steps, graph),
    graph,
    section('When what is down, as predicted'),
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
  return svgOf(timelineOf(analysis, stepsOf(analysis)), 'When what is down, as predicted', summarySentence(analysis), 'timeline');
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

/** The legend of colours, numbers and widths. */
function legendOf(analysis: Analysis, steps: Steps, { left, scale }: ReturnType<typeof graphOf>): Drawing {
  const parts: string[] = [];
  let x = 0;
  const put = (svg: (x: number) => string, text: string, width: number): void => {
    parts.push(svg(x), textAt(x + width + 6, 14, text, 'small'));
    x += width + 6 + textWide(text, 11) + 22;
  };
  const first = analysis.waves[0]?.servers[0] ?? '';
  const last = analysis.waves.at(-1)?.servers.at(-1) ?? '';
  const ramp = steps.count > 1 ? [steps.colour(first), steps.colour(last)] : [steps.colour(first)];
  const wide = 12 + 6 * String(steps.count).length;
  const swatch = (at: number, colour: string, number: number): string =>
    `<rect x="${px(at)}" y="3" width="${wide}" height="14" rx="3" fill="${colour}"/>${textAt(at + wide / 2, 14, String(number), 'badge', 'middle')}`;
  put(
    (at) => ramp.map((colour, index) => swatch(at + index * (wide + 2), colour, index === 0 ? 1 : steps.count)).join(''),
    steps.by === 'wave' ? 'first and last wave' : 'first and last to move',
    ramp.length * (wide + 2),
  );
  for (const part of scale.bytes > 0 ? [1, 0.1, 0.01] : [])
    put(
      (at) => `<path class="talk" d="M${at} 10h26" stroke-width="${widthOf(part * scale.bytes, scale).toFixed(1)}"/>`,
      showBytes(part * scale.bytes),
      26,
    );
  if (steps.by === 'wave') put((at) => `<path class="apart" d="M${at} 10h26" stroke-width="3"/>`, 'between waves', 26);
  put(
    (at) => `<path class="world" d="M${at} 10h8" stroke-width="1.5"/><path class="arrow" d="M${at + 8} 6l6 4-6 4z"/>`,
    'asked from outside; who asks stands left',
    14,
  );
  if (left > 0) put(() => '', `${left} thinner lines are left out`, 0);
  return { width: x, height: 20, body: parts.join('') };
}
