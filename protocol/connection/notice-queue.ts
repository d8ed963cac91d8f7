import { asProblem, type Problem } from '../../shared/problem.ts';
import type { ValidMessage } from './validate.ts';

/** What happens to the notices of a queue. */
export interface NoticeListener {
  hear(notice: ValidMessage): Promise<void>;
  /** A notice could not be heard. */
  failed(problem: Problem): void;
  /** A notice has left the queue, whether it was heard or not. */
  left(): void;
}

/** The notices of the other side, heard one after the other in their order. */
export class NoticeQueue {
  readonly #listener: NoticeListener;
  #last: Promise<void> = Promise.resolve();
  #length = 0;

  constructor(listener: NoticeListener) {
    this.#listener = listener;
  }

  /** Notices that wait, with the one that is being heard. */
  get length(): number {
    return this.#length;
  }

  add(notice: ValidMessage): void {
    this.#length += 1;
    this.#last = this.#last.then(async () => {
      try {
        await this.#listener.hear(notice);
      } catch (thrown) {
        this.#listener.failed(asProblem(thrown));
      }
      this.#length -= 1;
      this.#listener.left();
    });
  }
}
