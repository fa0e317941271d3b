import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { type ApplicationScope, pathOf } from '../applications/application-scopes.service.js';
import { AuditDoors, type NamedApplication } from '../audit/audit-doors.service.js';
import { BuildsService, pathInGit } from '../builds/builds.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { chooseDefaultBranch, type PushedRef, parsePushedRefs, parseRefChanges } from './git-repository.js';

/** A push of more references than this is noted by its first ones. */
const mostNoted = 100;

export const gitPlaceOf = ({ tenant, project, application }: ApplicationScope): NamedApplication => ({
  tenant: tenant.name,
  project: project.name,
  application: application.name,
});

export interface Push {
  /** Where the hook leaves the changed references and reads the lines for the pusher. */
  readonly pushDir: string;
  readonly repository: string;
  readonly scope: ApplicationScope;
  readonly caller: Caller;
  /** Aborts when git has ended. */
  readonly signal: AbortSignal;
}

/** What follows a push: the default branch is built and deployed to production, and the pusher is told. */
@Injectable()
export class GitPushes {
  constructor(
    private readonly builds: BuildsService,
    private readonly audit: AuditDoors,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** Where git and its helpers are found. */
  get path(): string {
    return this.config.path;
  }

  /** Waits for the hook of this push and answers it. Without a change of a reference there is no hook. */
  async answer(push: Push): Promise<void> {
    for (;;) {
      const text = await readFile(join(push.pushDir, 'refs'), 'utf8').catch(() => undefined);
      if (text !== undefined) {
        await this.note(push, text);
        return this.respond(push, parsePushedRefs(text));
      }
      if (push.signal.aborted) return;
      await this.clock.sleep(40, push.signal);
    }
  }

  private async note({ scope, caller }: Push, text: string): Promise<void> {
    const changes = parseRefChanges(text);
    const of = (side: 'before' | 'after') =>
      Object.fromEntries(changes.slice(0, mostNoted).map((change) => [change.ref, change[side]]));
    const resource = `${pathOf(scope)}/git`;
    await this.audit.note(caller, gitPlaceOf(scope), {
      action: 'git.push',
      resource,
      before: of('before'),
      after: of('after'),
    });
  }

  private async respond(push: Push, pushed: readonly PushedRef[]): Promise<void> {
    const lines = await this.build(push, pushed).catch((error: unknown) => [
      error instanceof SlipwayError
        ? `Nothing is built: ${error.message}`
        : 'Nothing is built: something went wrong on our side.',
    ]);
    const partial = join(push.pushDir, 'answer.partial');
    await writeFile(partial, lines.map((line) => `${line}\n`).join(''));
    await rename(partial, join(push.pushDir, 'answer'));
  }

  private async build({ repository, scope, caller }: Push, pushed: readonly PushedRef[]): Promise<string[]> {
    const branch = await chooseDefaultBranch(repository, pushed, this.path);
    const head = pushed.find(({ ref }) => ref === branch);
    const name = branch.replace('refs/heads/', '');
    if (!head) return [`Only ${name} is built.`];
    const source = { type: 'git', url: `/git/${pathInGit(scope)}`, ref: head.commit, own: true } as const;
    const build = await this.builds.start(caller, scope, source, 'production');
    const { tenant, project, application } = scope;
    const page = `${this.config.portalUrl}/t/${tenant.name}/p/${project.name}/e/production/a/${application.name}/builds/${build.number}`;
    return [
      `Build ${build.number} of ${head.commit.slice(0, 10)} (${name}) is on its way to production.`,
      page,
      `${this.config.apiUrl}/api/v1/${pathOf(scope)}/builds/${build.number}`,
    ];
  }
}
