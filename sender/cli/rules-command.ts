import { Argument, type Command } from 'commander';
import { cliOf, epilogue, type Terminal } from '../../shared/cli/program.ts';
import { readYaml } from '../../shared/config.ts';
import { visible } from '../../shared/print/text.ts';
import { Problem } from '../../shared/problem.ts';
import { RulesFile } from '../model/rule.ts';
import { failuresOf, untested } from '../plan/rules/check.ts';
import { endWithResult } from './end-with-result.ts';

/** Adds `rules test`: it runs the tests of a file of mapping rules, without a daemon or a cloud. */
export function addRulesCommand(program: Command, terminal: Terminal): void {
  program
    .command('rules')
    .description('Run the tests that a file of mapping rules has; `rules` in the configuration names the file that plans go by.')
    .addArgument(new Argument('<action>', 'what is done with the file').choices(['test']))
    .argument('<file>', 'the file with `rules:` and `tests:`')
    .addHelpText(
      'after',
      epilogue([['sender rules test /etc/godwit/rules.yaml', 'names the tests that fail, and the rules that none reaches']], []),
    )
    .action(async function (this: Command, _action: string, file: string) {
      const { output, json } = cliOf(this, terminal);
      const rules = await readYaml(file, RulesFile);
      const failures = failuresOf(rules);
      const missed = untested(rules);
      const passed = rules.tests.length - failures.length;
      const problem =
        failures.length === 0
          ? undefined
          : new Problem('E_CONFIG', `Of the ${rules.tests.length} tests of ${file} ${failures.length} failed.`, {
              about: file,
              hint: 'Correct the rule or the test; rules are tried in their order, and the first that holds decides.',
            });
      const print = (): void =>
        output.print(
          ...failures.map(({ test, says }) => output.style('red', visible(`test ${test}: ${says}`))),
          ...missed.map((name) => output.style('yellow', visible(`No test reaches the rule "${name}".`))),
          `${passed} passed, ${failures.length} failed.`,
        );
      endWithResult({ output, json }, { file, passed, failures, untested: missed }, print, problem);
    });
}
