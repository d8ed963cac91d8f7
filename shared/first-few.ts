/** The first names of a list, at most so many, and how many there are more: `a, b and 3 more`. */
export function firstFew(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
