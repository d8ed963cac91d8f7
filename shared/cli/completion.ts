import type { Command } from 'commander';
import { Problem } from '../problem.ts';
import { cliOf, epilogue, type Terminal } from './program.ts';

/** Shells that a completion script can be written for. */
const shells = ['bash', 'zsh', 'fish'] as const;

interface Word {
  readonly word: string;
  readonly says: string;
}

/** Lists the ids of the campaigns of the running daemon with a configuration file. */
type CampaignIds = (configFile: string) => Promise<readonly string[]>;

/** What is completed for a command. */
interface Completed extends Word {
  readonly options: readonly Word[];
  /** Whether a campaign may be named. */
  readonly takesCampaign: boolean;
}

/** Adds the command that prints the completion script of the program it is added to. */
export function addCompletion(program: Command, terminal: Terminal, campaignIds: CampaignIds): void {
  const name = program.name();
  program
    .command('completion')
    .description('Print the completion script for a shell.')
    .argument('<shell>', `${shells.join(', ')}; the scripts themselves ask for campaigns`)
    .addHelpText('after', epilogue([[`${name} completion bash > /etc/bash_completion.d/${name}`, 'for every user of bash']], []))
    .action(async function (this: Command, shell: string) {
      if (shell !== 'campaigns') terminal.output.raw(completionScript(program, shell));
      // Nobody reads a problem in the middle of a line that is being typed.
      else terminal.output.print(...(await campaignIds(cliOf(this, terminal).configFile).catch(() => [])));
    });
}

/** The completion script of a program for a shell, written from its commands and their options. */
function completionScript(program: Command, shell: string): string {
  const name = program.name();
  const general = optionsOf(program);
  const commands = program.commands.map(
    (command): Completed => ({
      word: command.name(),
      says: firstSentence(command.description()),
      options: distinct([...optionsOf(command), ...general]),
      takesCampaign: command.registeredArguments.some((argument) => argument.name() === 'campaign'),
    }),
  );
  switch (shell) {
    case 'bash':
      return bash(name, commands, general);
    case 'zsh':
      return zsh(name, commands, general);
    case 'fish':
      return fish(name, commands, general);
    default:
      throw new Problem('E_USAGE', `There is no completion for ${JSON.stringify(shell)}; there is for ${shells.join(', ')}.`);
  }
}

type Write = (name: string, commands: readonly Completed[], general: readonly Word[]) => string;

/** Bash makes three words of `--config=x`. */
const bash: Write = (name, commands, general) => {
  const cases = commands.map(
    ({ word, options, takesCampaign }) => `    ${word}) words="${join(options)}"${takesCampaign ? ' campaigns=yes' : ''} ;;`,
  );
  return `# bash completion for ${name}; put it into /etc/bash_completion.d/${name}
_${name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" words="" campaigns="" config=() i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      --config)
        [[ "\${COMP_WORDS[i + 1]}" != "=" ]] || i=$((i + 1))
        config=(--config "\${COMP_WORDS[i + 1]}")
        i=$((i + 1))
        ;;
      -*) ;;
      *) [[ -n "$command" ]] || command="\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command" in
    "") words="${join(commands)} ${join(general)}" ;;
${cases.join('\n')}
  esac
  if ((i > COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  elif [[ "$word" == -* || -z "$command" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  elif [[ -n "$campaigns" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(${name} "\${config[@]}" completion campaigns 2>/dev/null)" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _${name} ${name}
`;
};

const zsh: Write = (name, commands, general) => {
  const described = ({ word, says }: Word): string => `'${quoted(word.replaceAll(':', '\\:'))}:${quoted(says)}'`;
  const cases = commands.map(
    ({ word, options, takesCampaign }) =>
      `    ${word}) _arguments ${options
        .map(
          (option) =>
            `'${option.word}[${quoted(option.says).replace(/[[\]]/g, '')}]${option.word === '--config' ? ':file:_files' : ''}'`,
        )
        .join(' ')} '*:${takesCampaign ? `campaign:_${name}_campaigns` : 'file:_files'}' ;;`,
  );
  return `#compdef ${name}
# zsh completion for ${name}; put it as _${name} into a folder of $fpath
_${name}_campaigns() {
  compadd -- \${(f)"$(${name} $config completion campaigns 2>/dev/null)"}
}
_${name}() {
  local -a commands options config
  local command='' i=2
  commands=(${commands.map(described).join(' ')})
  options=(${general.map(described).join(' ')})
  while (( i < CURRENT )); do
    case "$words[i]" in
      --config) config=(--config "$words[i+1]"); (( i += 2 )) ;;
      --config=*) config=("$words[i]"); (( i += 1 )) ;;
      -*) (( i += 1 )) ;;
      *) command="$words[i]"; break ;;
    esac
  done
  if (( i > CURRENT )); then
    _files
    return
  fi
  if [[ -z "$command" ]]; then
    _describe 'command' commands
    _describe -o 'option' options
    return
  fi
  shift $(( i - 1 )) words
  (( CURRENT -= i - 1 ))
  case "$command" in
${cases.join('\n')}
  esac
}
# Loaded by its name on first use, or sourced.
if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
};

const fish: Write = (name, commands, general) => {
  const option = (condition: string, { word, says }: Word): string =>
    `complete -c ${name}${condition} ${word === '--config' ? '-r -F ' : ''}-l ${word.replace(/^--/, '')} -d '${quoted(says)}'`;
  const isGeneral = ({ word }: Word): boolean => general.some((one) => one.word === word);
  return [
    `# fish completion for ${name}; put it into ~/.config/fish/completions/${name}.fish`,
    '# The command that was typed, behind the options of the program; false before there is one.',
    `function __${name}_command`,
    '  set -l words (commandline -opc)',
    '  set -e words[1]',
    '  while set -q words[1]',
    '    switch $words[1]',
    '      case --config',
    '        set -e words[1]',
    "      case '-*'",
    "      case '*'",
    '        echo $words[1]',
    '        return 0',
    '    end',
    '    set -e words[1]',
    '  end',
    '  return 1',
    'end',
    ...commands.map(
      ({ word, says }) => `complete -c ${name} -f -n 'not __${name}_command >/dev/null' -a ${word} -d '${quoted(says)}'`,
    ),
    ...commands.flatMap(({ word, options, takesCampaign }) => {
      const condition = ` -n 'contains -- ${word} (__${name}_command)'`;
      const ids = `complete -c ${name} -f${condition} -a '(${name} completion campaigns 2>/dev/null)'`;
      return [
        ...(takesCampaign ? [ids] : []),
        ...options.filter((each) => !isGeneral(each)).map((each) => option(condition, each)),
      ];
    }),
    ...general.map((each) => option('', each)),
    '',
  ].join('\n');
};

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
