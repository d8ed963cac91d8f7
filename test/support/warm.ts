/** Makes a plan warm; with a threshold of 0 MiB a round is small only when nothing differed. */
export function warm(
  cutover = 'now',
  options: Readonly<Record<string, number>> = { round_threshold_mib: 0 },
): (plan: string) => string {
  return (plan) =>
    Object.entries({ mode: 'warm', cutover, ...options }).reduce((text, [name, value]) => {
      const line = new RegExp(`^  ${name}: .*$`, 'm');
      if (!line.test(text)) throw new Error(`The plan has no option ${name}.`);
      return text.replace(line, `  ${name}: ${value}`);
    }, plan);
}
