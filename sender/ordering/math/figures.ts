/** A number of things as text: `1 server`, `3 servers`. */
export function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}

/** A fraction as text: `12.3 %`. */
export function percent(part: number): string {
  return `${(100 * (Number.isFinite(part) ? part : 0)).toFixed(1)} %`;
}

/** A signed fraction as text: `+12.3 %`. */
export function signedPercent(part: number): string {
  return `${part < 0 ? '-' : '+'}${percent(Math.abs(part))}`;
}

/** How much more or less a cost is than another, as text. */
export function relativeTo(cost: number, than: number): string {
  if (than === 0) return cost === 0 ? 'the same' : '-';
  const part = cost / than - 1;
  return Math.abs(part) < 0.0005 ? 'the same' : signedPercent(part);
}
