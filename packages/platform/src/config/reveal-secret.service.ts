import { Injectable } from '@nestjs/common';
import { ApplicationScopes, type PlacementScope, pathOf } from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { RequestsService, revealSubject } from '../requests/requests.service.js';
import type { RevealedSecret } from './config.dto.js';
import { fail } from './config.errors.js';
import { readSecrets, sealContext } from './secret-values.service.js';

/**
 * Reads a secret to a person. Who asked is noted before the value leaves, also where it was refused: it is not revealable, or a
 * policy wants somebody's consent that is not there.
 */
@Injectable()
export class RevealSecret {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly crypto: Crypto,
    private readonly audit: AuditService,
    private readonly requests: RequestsService,
  ) {}

  async run(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    name: string,
  ): Promise<RevealedSecret> {
    const scope = await this.scopes.getPlacement(
      await this.scopes.getApplication(caller.tenant, project, application),
      environment,
    );
    const row = await this.database.read.configVersion.findFirst({
      where: { tenantId: caller.tenant.id, ownerId: scope.placement.id },
      orderBy: { number: 'desc' },
    });
    const secrets = row ? readSecrets(row.secrets) : {};
    const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (!secret) throw fail('secret-not-found');
    const refusal = secret.revealable === true ? await this.findRefusal(caller, scope) : fail('secret-not-revealable');
    await this.audit.note(caller, {
      action: 'secret.reveal',
      resource: `${pathOf(scope)}/environments/${scope.environment.name}/config/secrets/${name}`,
      tenant: scope.tenant,
      projectId: scope.project.id,
      outcome: refusal ? 'denied' : 'success',
      after: { version: secret.version },
    });
    if (refusal) throw refusal;
    return {
      name,
      version: secret.version,
      value: this.crypto.open(secret.sealed, sealContext(scope.placement.id, name)),
    };
  }

  /** `request-needed` where a policy is about revealing here and the caller has no grant in force. */
  private async findRefusal({ actor, tenant }: TenantCaller, scope: PlacementScope): Promise<SlipwayError | undefined> {
    const names = {
      tenant: tenant.name,
      project: scope.project.name,
      application: scope.application.name,
      environment: scope.environment.name,
    };
    try {
      await this.requests.requireGrant(actor, {
        kind: 'secret-reveal',
        tenant,
        projectId: scope.project.id,
        environmentKind: scope.environment.kind,
        subject: revealSubject(names),
        payload: names,
      });
      return undefined;
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'request-needed') return error;
      throw error;
    }
  }
}
