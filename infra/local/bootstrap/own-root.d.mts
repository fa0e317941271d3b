export function inOwnRoot(command: readonly string[], cwd?: string): readonly string[];
