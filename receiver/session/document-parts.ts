import { limits } from '../../protocol/limits.ts';
import { type Configurations, type DocumentPart, joinParts } from '../../shared/model/configurations.ts';
import { Problem } from '../../shared/problem.ts';
import type { Budget } from '../disks/store/budget.ts';

/** Memory of a part beside what it says: bytes. */
const leastBytes = 4096;

interface Kept {
  readonly part: DocumentPart;
  readonly bytes: number;
}

/** The parts of documents that came over one connection, until the message that takes them. */
export class DocumentParts {
  readonly #memory: Budget;
  readonly #documents = new Map<string, Map<number, Kept>>();
  /** The campaign whose document found no memory; parts of it may still be under way. */
  #refused: string | null = null;

  /** `memory`: shared by all connections. */
  constructor(memory: Budget) {
    this.#memory = memory;
  }

  /**
   * Keeps a part of a campaign's document. Throws E_BUSY where there is no memory for it: then no
   * part of the document is kept, until it is begun again with part 0.
   */
  add(campaign: string, number: number, part: DocumentPart): void {
    if (number === 0) this.#begin(campaign);
    const document = this.#documents.get(campaign) ?? new Map<number, Kept>();
    this.#drop(document, number);
    const bytes = leastBytes + JSON.stringify(part).length;
    if (this.#refused === campaign || !this.#memory.take(bytes)) {
      this.#forget(campaign);
      this.#refused = campaign;
      throw new Problem('E_BUSY', 'The receiver is reading as many long documents as it has memory for.');
    }
    document.set(number, { part, bytes });
    this.#documents.set(campaign, document);
  }

  /**
   * The whole document, of which so many parts came; they are kept no longer. Throws E_DOCUMENT.
   */
  take(campaign: string, document: Configurations, count: number | undefined): Configurations {
    if (count === undefined) return document;
    const kept = this.#documents.get(campaign) ?? new Map<number, Kept>();
    const parts = Array.from({ length: Math.min(count, limits.documentParts) }, (_, number) => kept.get(number)?.part);
    this.#forget(campaign);
    const missing = parts.indexOf(undefined);
    if (missing >= 0) throw new Problem('E_DOCUMENT', `Part ${missing} of ${count} of the document did not come.`);
    return joinParts(document, parts as DocumentPart[]);
  }

  /** Forgets all parts: the connection is over. */
  close(): void {
    for (const campaign of [...this.#documents.keys()]) this.#forget(campaign);
  }

  /** A sender hands over one document at a time: it has given up the others. */
  #begin(campaign: string): void {
    this.#refused = null;
    for (const other of [...this.#documents.keys()]) if (other !== campaign) this.#forget(other);
  }

  #forget(campaign: string): void {
    const document = this.#documents.get(campaign);
    for (const number of [...(document?.keys() ?? [])]) if (document !== undefined) this.#drop(document, number);
    this.#documents.delete(campaign);
  }

  #drop(document: Map<number, Kept>, number: number): void {
    this.#memory.giveBack(document.get(number)?.bytes ?? 0);
    document.delete(number);
  }
}
