import { Problem } from '../../shared/problem.ts';
import { newPairingCode, readPairingCode } from './pairing-code.ts';
import { isSameProof, type PairingContext, pairingProof } from './pairing-proof.ts';

/** How long a code is valid by default: long enough to walk to the other terminal. */
const defaultLifeMs = 10 * 60_000;

/** Wrong proofs after which the window closes: enough for typing errors, useless for guessing. */
const wrongTries = 5;

type State =
  | { readonly is: 'shut'; readonly because: 'never opened' | 'expired' | 'used' | 'too many wrong tries' }
  | { readonly is: 'open'; readonly code: string; readonly expiresAtMs: number; readonly triesLeft: number };

/**
 * The time during which one client may pair. The code is in memory only, never in a file or log.
 */
export class PairingWindow {
  readonly #now: () => number;
  #state: State = { is: 'shut', because: 'never opened' };

  /** `now` is monotonic milliseconds, so that a clock change does not alter a code's lifetime. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Opens the window and returns a fresh code; the code of an open window stops working. */
  open(lifeMs: number = defaultLifeMs): string {
    const code = newPairingCode();
    this.#state = { is: 'open', code: readPairingCode(code), expiresAtMs: this.#now() + lifeMs, triesLeft: wrongTries };
    return code;
  }

  /** Throws the problem that says why the window is shut, if it is. */
  mustBeOpen(): void {
    this.#expire();
    if (this.#state.is === 'shut') throw shut(this.#state.because);
  }

  /**
   * Checks the sender's proof, uses the code up and returns the receiver's proof. It is
   * synchronous, so that two proofs at once cannot both succeed; a wrong proof costs a try.
   */
  redeem(senderProof: string, context: PairingContext): string {
    this.#expire();
    const state = this.#state;
    if (state.is === 'shut') throw shut(state.because);
    if (isSameProof(senderProof, pairingProof(state.code, 'sender', context))) {
      this.#state = { is: 'shut', because: 'used' };
      return pairingProof(state.code, 'receiver', context);
    }
    const triesLeft = state.triesLeft - 1;
    this.#state = triesLeft > 0 ? { ...state, triesLeft } : { is: 'shut', because: 'too many wrong tries' };
    const left = triesLeft > 0 ? `${triesLeft} more before the code stops working` : 'the code has stopped working';
    throw new Problem('E_PAIRING_WRONG_CODE', `The pairing code is wrong, or somebody sits between the two daemons; ${left}.`);
  }

  #expire(): void {
    if (this.#state.is === 'open' && this.#now() >= this.#state.expiresAtMs) this.#state = { is: 'shut', because: 'expired' };
  }
}

function shut(because: Extract<State, { is: 'shut' }>['because']): Problem {
  switch (because) {
    case 'expired':
      return new Problem('E_PAIRING_EXPIRED', 'The pairing code has expired.');
    case 'used':
      return new Problem('E_PAIRING_USED', 'The pairing code has been used already.');
    case 'too many wrong tries':
      return new Problem('E_PAIRING_CLOSED', 'Pairing was closed after too many wrong codes.');
    case 'never opened':
      return new Problem('E_PAIRING_CLOSED', 'The receiver is not waiting to be paired.');
  }
}
