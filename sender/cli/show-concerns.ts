import type { Concern } from '../../shared/model/concern.ts';
import type { Output } from '../../shared/print/output.ts';
import { visible } from '../../shared/print/text.ts';

/** Tells people what was found, the blocking first, each with its remedy. */
export function showConcerns(concerns: readonly Concern[], output: Output): void {
  const blocking = concerns.filter(({ severity }) => severity === 'blocking');
  const warnings = concerns.filter(({ severity }) => severity === 'warning');
  for (const { severity, code, about, says, remedy } of [...blocking, ...warnings]) {
    const word = severity === 'blocking' ? output.style('red', 'blocking') : output.style('yellow', 'warning ');
    output.tell(
      `${word} ${code}${about === undefined ? '' : ` ${about}`}: ${visible(says)}`,
      `         ${output.style('dim', `→ ${visible(remedy)}`)}`,
    );
  }
}
