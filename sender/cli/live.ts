import type { Output } from '../../shared/print/output.ts';
import { cut } from '../../shared/print/text.ts';
import { showTime } from '../../shared/print/units.ts';

/** What can be shown of something that changes. */
export interface LiveView {
  /** The picture for a terminal that redraws it, in as many lines; whole in endless ones. */
  readonly picture: (rows: number) => readonly string[];
  /**
   * The same as items, for everywhere else: an item is printed when its state or its text changes.
   */
  readonly items: readonly { readonly key: string; readonly state: string; readonly text: string }[];
}

/** Shows views as they come. `end` leaves the last one standing, whole. */
export interface Live {
  show(view: LiveView): void;
  end(): void;
}

/** How often an item whose state stays the same may be written again where nothing redraws. */
const quietMs = 5_000;

/**
 * Redraws views in place on a terminal; prints few lines, with their time, elsewhere. `now` is
 * monotonic milliseconds.
 */
export function openLive(output: Output, now: () => number = () => performance.now()): Live {
  return output.isTerminal ? redrawn(output) : quiet(output, now);
}

function redrawn(output: Output): Live {
  let drawn = 0;
  let last: LiveView | undefined;
  const draw = (picture: readonly string[]): void => {
    const lines = picture.map((line) => `\u001b[2K${cut(line, output.size().columns)}\n`);
    // Moves up to where the last picture began, draws over it, and clears the rest.
    output.raw(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.join('')}\u001b[0J`);
    drawn = lines.length;
  };
  return {
    show(view) {
      last = view;
      // The last row stays free: a line break there would make the terminal scroll.
      const room = Math.max(1, output.size().rows - 1);
      const picture = view.picture(room);
      draw(picture.length <= room ? picture : [...picture.slice(0, room - 1), `… ${picture.length - room + 1} more lines`]);
    },
    end() {
      if (last !== undefined) draw(last.picture(Number.POSITIVE_INFINITY));
      last = undefined;
      drawn = 0;
    },
  };
}

function quiet(output: Output, now: () => number): Live {
  const shown = new Map<string, { state: string; text: string; at: number }>();
  return {
    show({ items }) {
      for (const { key, state, text } of items) {
        const last = shown.get(key);
        if (last !== undefined && last.state === state && (last.text === text || now() - last.at < quietMs)) continue;
        shown.set(key, { state, text, at: now() });
        output.print(`${showTime(new Date().toISOString())}  ${text}`);
      }
    },
    end() {},
  };
}
