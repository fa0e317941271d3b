export interface Arguments {
  readonly flags: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/** `--name=value`, `--name` (true), `-f`, `-y`, `-n 10`, `-o json`; everything else is a word. */
export function parseArguments(args: readonly string[]): Arguments {
  const flags: Record<string, string> = {};
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
    if (name) flags[name] = value ?? 'true';
    else if (arg === '-o') flags['output'] = args[++i] ?? '';
    else if (arg === '-n') flags['tail'] = args[++i] ?? '';
    else if (arg === '-f') flags['follow'] = 'true';
    else if (arg === '-y') flags['yes'] = 'true';
    else words.push(arg);
  }
  return { flags, words };
}
