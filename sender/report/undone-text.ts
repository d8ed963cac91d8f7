/** What each column of the itinerary does to a phase on the way back. */
const columnWords: Readonly<Record<string, string>> = { undo: 'undone', tidy: 'tidied up' };

/** A phase as the journal names it, for people: `plug.undo` is `plug undone`. */
export function undoneText(phase: string): string {
  const [name, column] = phase.split('.');
  const words = column === undefined ? undefined : columnWords[column];
  return words === undefined ? phase : `${name} ${words}`;
}
