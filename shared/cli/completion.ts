import type { Command } from 'commander';
import { Problem } from '../problem.ts';
import { epilogue, type Terminal } from './program.ts';

/** Shells that a completion script can be written for. */
const shells = ['bash', 'zsh', 'fish'] as const;

interface Word {
  readonly word: string;
  readonly says: string;
}

/** Adds the command that prints the completion script of the program it is added to. */
export function addCompletion(program: Command, terminal: Terminal): void {
  const name = program.name();
  program
    .command('completion')
    .description('Print the completion script for a shell.')
    .argument('<shell>', shells.join(', '))
    .addHelpText('after', epilogue([[`${name} completion bash > /etc/bash_completion.d/${name}`, 'for every user of bash']], []))
    .action((shell: string) => terminal.output.raw(completionScript(program, shell)));
}

/** The completion script of a program for a shell, written from its commands and their options. */
function completionScript(program: Command, shell: string): string {
  const name = program.name();
  const commands = program.commands.map((command) => ({
    word: command.name(),
    says: firstSentence(command.description()),
    command,
  }));
  const general = optionsOf(program);
  const options = (command: Command): Word[] => distinct([...optionsOf(command), ...general]);
  switch (shell) {
    case 'bash':
      return bash(name, commands, options);
    case 'zsh':
      return zsh(name, commands, options);
    case 'fish':
      return fish(name, commands, general);
    default:
      throw new Problem('E_USAGE', `There is no completion for ${JSON.stringify(shell)}; there is for ${shells.join(', ')}.`);
  }
}

type CompletedCommands = readonly (Word & { readonly command: Command })[];
type OptionsOf = (command: Command) => readonly Word[];

function bash(name: string, commands: CompletedCommands, options: OptionsOf): string {
  const cases = commands.map(({ word, command }) => `    ${word}) words="${join(options(command))}" ;;`);
  return `# bash completion for ${name}; put it into /etc/bash_completion.d/${name}
_${name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) ;; *) command="\${COMP_WORDS[i]}"; break ;; esac
  done
  case "$command" in
    "") words="${join(commands)} --config --json --help --version" ;;
${cases.join('\n')}
  esac
  if [[ "$word" == -* || -z "$command" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _${name} ${name}
`;
}

function zsh(name: string, commands: CompletedCommands, options: OptionsOf): string {
  const described = ({ word, says }: Word): string => `'${quoted(word.replaceAll(':', '\\:'))}:${quoted(says)}'`;
  const cases = commands.map(
    ({ word, command }) =>
      `    ${word}) _arguments ${options(command)
        .map((option) => `'${option.word}[${quoted(option.says).replace(/[[\]]/g, '')}]'`)
        .join(' ')} '*:file:_files' ;;`,
  );
  return `#compdef ${name}
# zsh completion for ${name}; put it as _${name} into a folder of $fpath
_${name}() {
  local -a commands
  commands=(${commands.map(described).join(' ')})
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
# Loaded by its name on first use, or sourced.
if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fish(name: string, commands: CompletedCommands, general: readonly Word[]): string {
  const option = (condition: string, { word, says }: Word): string =>
    `complete -c ${name} -n "${condition}" -l ${word.replace(/^--/, '')} -d '${quoted(says)}'`;
  return [
    `# fish completion for ${name}; put it into ~/.config/fish/completions/${name}.fish`,
    ...commands.map(({ word, says }) => `complete -c ${name} -f -n __fish_use_subcommand -a ${word} -d '${quoted(says)}'`),
    ...commands.flatMap(({ word, command }) =>
      optionsOf(command).map((each) => option(`__fish_seen_subcommand_from ${word}`, each)),
    ),
    ...general.map((each) => option('true', each)),
    '',
  ].join('\n');
}

function optionsOf(command: Command): Word[] {
  const options = command.options.flatMap((option) => (option.long ? [{ word: option.long, says: option.description }] : []));
  return distinct([...options, { word: '--help', says: 'show the help' }]);
}

function distinct(words: readonly Word[]): Word[] {
  return words.filter((each, index) => words.findIndex((other) => other.word === each.word) === index);
}

function join(words: readonly Word[]): string {
  return words.map(({ word }) => word).join(' ');
}

function firstSentence(text: string): string {
  return text.split(/[.;:]/, 1)[0] ?? '';
}

/** Inside single quotes of any of the three shells. */
function quoted(text: string): string {
  return text.replaceAll("'", '’');
}
