import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { createRegistryTokenSigner, type RegistryTokenSigner, registryService } from './registry-token.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** Takes images out of the registry with whom they belonged to; their layers go with the registry's next collection. */
@Injectable()
export class ImageRemoval {
  private signer: RegistryTokenSigner | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** Of every application of the tenant or project, while their rows still name them. Harmless to repeat; throws while the registry is away. */
  async remove(owner: { tenantId: string } | { projectId: string }): Promise<void> {
    const include = { project: { select: { name: true, tenant: { select: { name: true } } } } };
    const rows = await this.database.read.application.findMany({ where: owner, include });
    for (const { name, project } of rows) await this.removeRepository(`${project.tenant.name}/${project.name}/${name}`);
  }

  private async removeRepository(repository: string): Promise<void> {
    const token = await this.sign(repository);
    const list = await this.ask(token, 'GET', `${repository}/tags/list`);
    if (list.status === 404) return;
    const { tags } = (await list.json()) as { tags: string[] | null };
    const digests = new Set<string>();
    for (const tag of tags ?? []) {
      const manifest = await this.ask(token, 'HEAD', `${repository}/manifests/${tag}`);
      digests.add(manifest.headers.get('docker-content-digest') ?? '');
    }
    digests.delete('');
    for (const digest of digests) await this.ask(token, 'DELETE', `${repository}/manifests/${digest}`);
  }

  private async ask(token: string, method: string, path: string): Promise<Response> {
    const response = await fetch(`${this.config.registryUrl}/v2/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: manifestTypes },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok && response.status !== 404) throw new Error(`The registry answered ${response.status}.`);
    return response;
  }

  private sign(repository: string): Promise<string> {
    this.signer ??= createRegistryTokenSigner(
      readSecretFile(this.config.registryTokenKeyFile, 'SLIPWAY_REGISTRY_TOKEN_KEY_FILE'),
    );
    return this.signer.sign({
      subject: 'slipway',
      audience: registryService,
      access: [{ type: 'repository', name: repository, actions: ['pull', 'delete'] }],
      id: newId(),
      now: this.clock.now(),
      lifetimeSeconds: 300,
    });
  }
}
