/** What each column of the itinerary does to a phase on the way back, as done and as being done. */
const columnWords: Readonly<Record<string, { readonly done: string; readonly doing: string }>> = {
  undo: { done: 'undone', doing: 'undoing' },
  tidy: { done: 'tidied up', doing: 'tidying up' },
};

/** A phase as the journal names it, for people: `create.undo` is `create undone`. */
export function undoneText(phase: string): string {
  const { name, words } = parted(phase);
  return words === undefined ? phase : `${name} ${words.done}`;
}

/** The same of a phase that is not finished: `create.undo` is `undoing create`. */
export function undoingText(phase: string): string {
  const { name, words } = parted(phase);
  return words === undefined ? phase : `${words.doing} ${name}`;
}

function parted(phase: string): { name: string; words: (typeof columnWords)[string] | undefined } {
  const [name = '', column = ''] = phase.split('.');
  return { name, words: columnWords[column] };
}
