import { Injectable } from '@nestjs/common';
import { ApplicationScopes, pathOf } from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import type { RevealedSecret } from './config.dto.js';
import { fail } from './config.errors.js';
import { readSecrets, sealContext } from './secret-values.service.js';

/** Reads a secret to a person. Who asked is noted before the value leaves, also where it was refused. */
@Injectable()
export class RevealSecret {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly crypto: Crypto,
    private readonly audit: AuditService,
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
      where: { tenantId: caller.tenant.id, placementId: scope.placement.id },
      orderBy: { number: 'desc' },
    });
    const secrets = row ? readSecrets(row.secrets) : {};
    const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (!secret) throw fail('secret-not-found');
    const isRevealable = secret.revealable === true;
    await this.audit.note(caller, {
      action: 'secret.reveal',
      resource: `${pathOf(scope)}/environments/${scope.environment.name}/config/secrets/${name}`,
      tenant: scope.tenant,
      projectId: scope.project.id,
      outcome: isRevealable ? 'success' : 'denied',
      after: { version: secret.version },
    });
    if (!isRevealable) throw fail('secret-not-revealable');
    return {
      name,
      version: secret.version,
      value: this.crypto.open(secret.sealed, sealContext(scope.placement.id, name)),
    };
  }
}
