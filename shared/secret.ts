import { inspect } from 'node:util';

/** What a secret shows of itself, wherever it is printed. */
const stars = '********';

/** A password, token or key that never prints itself: not in logs, JSON or error texts. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself; called at the place that sends it, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return stars;
  }

  toJSON(): string {
    return stars;
  }

  [inspect.custom](): string {
    return stars;
  }
}

/**
 * Replaces every secret in a text by stars; a very short one stays, as its stars would garble the
 * text.
 */
export function redact(text: string, secrets: Iterable<Secret>): string {
  let clean = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length >= 4) clean = clean.replaceAll(value, stars);
  }
  return clean;
}
