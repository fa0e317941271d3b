import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { newId } from '../kernel/ids/ids.js';
import { createRegistryTokenSigner, type RegistryTokenSigner, registryService } from './registry-token.js';

const lifetimeSeconds = 300;
const timeoutMilliseconds = 10_000;

export interface RegistryAnswer {
  readonly body: Buffer;
  readonly digest: string | undefined;
}

/** Reads from our own registry as the platform; needs no other feature, so that every one may use it. */
@Injectable()
export class RegistryReader {
  private signer: RegistryTokenSigner | undefined;

  constructor(
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /** `what` is `manifests/<tag or digest>` or `blobs/<digest>`. Undefined where there is none; throws when the registry is away. */
  async find(repository: string, what: string, accept?: string): Promise<RegistryAnswer | undefined> {
    const token = await this.sign(repository);
    const response = await fetch(`${this.config.registryUrl}/v2/${repository}/${what}`, {
      headers: { authorization: `Bearer ${token}`, ...(accept && { accept }) },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`The registry answered ${response.status}.`);
    const digest = response.headers.get('docker-content-digest') ?? undefined;
    return { body: Buffer.from(await response.arrayBuffer()), digest };
  }

  private sign(repository: string): Promise<string> {
    this.signer ??= createRegistryTokenSigner(
      readSecretFile(this.config.registryTokenKeyFile, 'SLIPWAY_REGISTRY_TOKEN_KEY_FILE'),
    );
    return this.signer.sign({
      subject: 'slipway',
      audience: registryService,
      access: [{ type: 'repository', name: repository, actions: ['pull'] }],
      id: newId(),
      now: this.clock.now(),
      lifetimeSeconds,
    });
  }
}
