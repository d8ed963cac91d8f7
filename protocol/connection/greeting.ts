import { abortable } from '../../shared/concurrency/abortable.ts';
import { Problem } from '../../shared/problem.ts';
import type { Side } from '../messages/message.ts';
import type { Hello } from '../messages/session.ts';
import type { Link } from './link.ts';
import type { ConnectionProgress } from './validate.ts';

/** The exchange of hello at the beginning of a connection. */
export class Greeting {
  /** What this side says of itself. */
  readonly own: Hello;
  readonly #link: Link;
  readonly #progress: ConnectionProgress;
  readonly #met = Promise.withResolvers<Hello>();
  #peer: Hello | undefined;

  constructor(own: Hello, link: Link, progress: ConnectionProgress) {
    this.own = own;
    this.#link = link;
    this.#progress = progress;
  }

  /** What the other side said of itself. Throws before it has. */
  get peer(): Hello {
    if (!this.#peer) throw new Problem('E_BUG', 'The peer is asked for before hello.');
    return this.#peer;
  }

  get otherRole(): Side {
    return this.own.role === 'sender' ? 'receiver' : 'sender';
  }

  /** Takes the other side's hello; one of the same role ends the connection. */
  meet(hello: Hello): void {
    if (hello.role !== this.otherRole) {
      const says = `This is a ${this.own.role}, and so is the other side: ${hello.name}.`;
      this.#link.drop(4001, new Problem('E_OUT_OF_TURN', says));
      return;
    }
    this.#peer = hello;
    this.#progress.greeted = true;
    this.#met.resolve(hello);
  }

  /** Waits for the other side's hello, which ends the connection when it does not come in time. */
  async inTime(helloMs: number): Promise<Hello> {
    const late = new Problem('E_OUT_OF_TURN', `Hello did not come within ${helloMs / 1000} s.`);
    const timer = setTimeout(() => this.#link.drop(4001, late), helloMs);
    try {
      return await abortable<Hello>([this.#link.signal], (resolve, reject) => void this.#met.promise.then(resolve, reject));
    } finally {
      clearTimeout(timer);
    }
  }
}
