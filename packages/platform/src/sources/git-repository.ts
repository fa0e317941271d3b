import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What git sees of our surroundings: nothing but a way to its programs, so that no configuration of the machine matters. */
export const gitEnvironment = (path: string): NodeJS.ProcessEnv => ({
  PATH: path,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
});

/** Hands the changed references to the api, which answers with lines for the pusher's terminal; waits ten seconds at most. */
const postReceive = `#!/bin/sh
[ -n "$SLIPWAY_PUSH_DIR" ] || exit 0
cat > "$SLIPWAY_PUSH_DIR/refs.partial" && mv "$SLIPWAY_PUSH_DIR/refs.partial" "$SLIPWAY_PUSH_DIR/refs"
i=0
while [ ! -f "$SLIPWAY_PUSH_DIR/answer" ] && [ "$i" -lt 100 ]; do i=$((i + 1)); sleep 0.1; done
cat "$SLIPWAY_PUSH_DIR/answer" 2>/dev/null
exit 0
`;

export const repositoryPath = (gitDir: string, applicationId: string): string => join(gitDir, `${applicationId}.git`);

/** The bare repository of an application, made at its first use. Two calls at once end with one repository. */
export async function ensureRepository(gitDir: string, applicationId: string, path: string): Promise<string> {
  const repository = repositoryPath(gitDir, applicationId);
  if (await exists(join(repository, 'hooks/post-receive'))) return repository;
  const partial = `${repository}.${process.pid}.${Date.now()}`;
  const git = (...args: string[]) => run('git', args, { env: gitEnvironment(path) });
  await mkdir(gitDir, { recursive: true, mode: 0o700 });
  try {
    await git('init', '-q', '--bare', '--template=', '-b', 'main', partial);
    const settings = {
      'http.receivepack': 'true',
      'receive.fsckObjects': 'true',
      'receive.maxInputSize': String(2 ** 30),
      'uploadpack.allowAnySHA1InWant': 'true',
      'core.hooksPath': 'hooks',
      'gc.auto': '200',
    };
    for (const [name, value] of Object.entries(settings)) await git('-C', partial, 'config', name, value);
    await mkdir(join(partial, 'hooks'), { recursive: true });
    await writeFile(join(partial, 'hooks/post-receive'), postReceive);
    await chmod(join(partial, 'hooks/post-receive'), 0o755);
    await rename(partial, repository);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(repository))) throw error;
  }
  return repository;
}

export interface PushedRef {
  readonly ref: string;
  readonly commit: string;
}

/** Reads what a post-receive hook is told: `old new ref` a line. Deleted references are left out. */
export function parsePushedRefs(text: string): PushedRef[] {
  return text.split('\n').flatMap((line) => {
    const [, commit, ref] = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) (refs\/.+)$/.exec(line) ?? [];
    return commit && ref && !/^0+$/.test(commit) ? [{ ref, commit }] : [];
  });
}

/** The same lines as they are, the deleted references among them. */
export function parseRefChanges(text: string): { ref: string; before: string | null; after: string | null }[] {
  const orNull = (commit: string): string | null => (/^0+$/.test(commit) ? null : commit);
  return text.split('\n').flatMap((line) => {
    const [, before, after, ref] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/.+)$/.exec(line) ?? [];
    return before && after && ref ? [{ ref, before: orNull(before), after: orNull(after) }] : [];
  });
}

/** The branch that is deployed: HEAD's; where that does not exist yet, the first branch that was pushed becomes it. */
export async function chooseDefaultBranch(
  repository: string,
  pushed: readonly PushedRef[],
  path: string,
): Promise<string> {
  const git = (...args: string[]) => run('git', ['-C', repository, ...args], { env: gitEnvironment(path) });
  const head = (await git('symbolic-ref', 'HEAD')).stdout.trim();
  const isThere = await git('rev-parse', '-q', '--verify', `${head}^{commit}`).then(
    () => true,
    () => false,
  );
  const branch = pushed.find(({ ref }) => ref.startsWith('refs/heads/'))?.ref;
  if (isThere || !branch) return head;
  await git('symbolic-ref', 'HEAD', branch);
  return branch;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
