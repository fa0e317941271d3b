import { Argument, type Command } from 'commander';
import { withExamples } from '../help.js';
import type { Cli } from '../session.js';

const shells = ['bash', 'zsh'];

export function registerCompletion(program: Command, cli: Cli): void {
  const command = program
    .command('completion')
    .description('Print a script that completes commands and flags in the shell.')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: string) => void cli.io.stdout.write(renderCompletion(program, shell)));
  withExamples(command, 'source <(slipway completion bash)');
}

/** One case a command: its sub-commands and long flags. */
export function renderCompletion(program: Command, shell: string): string {
  const cases = listCommands(program, []).map(([path, words]) => `    "${path}") words="${words.join(' ')}" ;;`);
  const script = `_slipway() {
  local path="" word words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    [[ "$word" == -* ]] || path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _slipway slipway
`;
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

function listCommands(command: Command, path: readonly string[]): [string, string[]][] {
  const flags = command.options.flatMap((option) => (option.long ? [option.long] : []));
  const own: [string, string[]] = [
    path.join(' '),
    [...command.commands.map((child) => child.name()), ...flags, '--help'],
  ];
  return [own, ...command.commands.flatMap((child) => listCommands(child, [...path, child.name()]))];
}
