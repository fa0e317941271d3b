import { Inject, Injectable } from '@nestjs/common';
import { ApplicationScopes } from '../applications/application-scopes.service.js';
import { BuildTokens } from '../builds/build-tokens.service.js';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { newId } from '../kernel/ids/ids.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { createRegistryTokenSigner, type RegistryTokenSigner, registryService } from './registry-token.js';
import {
  grantAccess,
  isRight,
  parseRepositoryName,
  type RegistryAccess,
  type RepositoryRights,
} from './scopes.rules.js';

export const tokenLifetimeSeconds = 600;
const nothing: RepositoryRights = { pull: false, push: false, delete: false };

/** Who may do what in the registry, and the tokens that say so. */
@Injectable()
export class RegistryTokens {
  private signer: RegistryTokenSigner | undefined;

  constructor(
    private readonly access: Access,
    private readonly scopes: ApplicationScopes,
    private readonly builds: BuildTokens,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** For a person or robot; without one, for anybody. What is not allowed is left out of the token, and named beside it. */
  async issueFor(
    actor: Actor | undefined,
    asked: readonly RegistryAccess[],
    service?: string,
  ): Promise<{ token: string; refused: readonly RegistryAccess[] }> {
    const rights = new Map<string, RepositoryRights>();
    for (const { name } of asked) rights.set(name, await this.rightsOf(actor, name));
    const refused = asked.flatMap((entry) => {
      const right = rights.get(entry.name) ?? nothing;
      const actions = entry.actions.filter((action) => isRight(action) && !right[action]);
      return actions.length > 0 ? [{ ...entry, actions }] : [];
    });
    const token = await this.sign(actor ?? { username: 'anonymous' }, grantAccess(asked, rights), service);
    return { token, refused };
  }

  /** For a running build: its application's repository and what is shared. Undefined when the token is of none. */
  async issueForBuild(token: string, asked: readonly RegistryAccess[], service?: string): Promise<string | undefined> {
    const grant = await this.builds.find(token);
    if (!grant) return undefined;
    const scope = await this.scopes.findById(grant.applicationId);
    const own = scope && `${scope.tenant.name}/${scope.project.name}/${scope.application.name}`;
    const rights = new Map(
      asked.map(({ name }) => [
        name,
        name === own
          ? { pull: true, push: true, delete: false }
          : { pull: parseRepositoryName(name)?.kind === 'library', push: false, delete: false },
      ]),
    );
    return this.sign({ username: `build:${grant.buildId}` }, grantAccess(asked, rights), service);
  }

  /** For ourselves, to ask the registry what it holds, or to take something out of it. */
  issueForPlatform(repository: string, actions: readonly string[] = ['pull']): Promise<string> {
    return this.sign({ username: 'slipway' }, [{ type: 'repository', name: repository, actions }]);
  }

  private async rightsOf(actor: Actor | undefined, name: string): Promise<RepositoryRights> {
    const repository = parseRepositoryName(name);
    if (!repository) return nothing;
    if (repository.kind === 'library')
      return { pull: true, push: actor?.isAdmin === true, delete: actor?.isAdmin === true };
    if (!actor) return nothing;
    const tenant = await this.access.findTenantScope(actor, repository.tenant);
    const scope = tenant && (await this.scopes.findApplication(tenant, repository.project, repository.application));
    // Names only: an id in an image reference would be a second name for the same repository.
    if (
      !tenant ||
      !scope ||
      scope.application.name !== repository.application ||
      scope.project.name !== repository.project
    )
      return nothing;
    return {
      pull: isAllowed(actor, tenant, 'repositories:read', scope.project.id),
      push: tenant.state === 'active' && isAllowed(actor, tenant, 'repositories:write', scope.project.id),
      delete: tenant.state === 'active' && isAllowed(actor, tenant, 'repositories:delete', scope.project.id),
    };
  }

  private sign(
    actor: { readonly username: string; readonly id?: string | null; readonly sessionId?: string },
    access: readonly RegistryAccess[],
    service: string = registryService,
  ): Promise<string> {
    this.signer ??= createRegistryTokenSigner(
      readSecretFile(this.config.registryTokenKeyFile, 'SLIPWAY_REGISTRY_TOKEN_KEY_FILE'),
    );
    return this.signer.sign({
      subject: actor.username,
      ...(actor.id && { actorId: actor.id }),
      ...(actor.sessionId !== undefined && { sessionId: actor.sessionId }),
      audience: service,
      access,
      id: newId(),
      now: this.clock.now(),
      lifetimeSeconds: tokenLifetimeSeconds,
    });
  }
}
