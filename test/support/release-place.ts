import { copyImage } from './copy-image.js';
import { eventually } from './eventually.js';

export interface ShownRollout {
  readonly id: string;
  readonly state: string;
  readonly restoring: boolean;
  readonly previewUrl: string | null;
  readonly error: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly state: string;
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
  }[];
}

/** An application in one environment, driven by the API. The tests take docs/samples/gray. */
export class ReleasePlace {
  /** `application`: its path after /api/v1. */
  constructor(
    private readonly apiUrl: string,
    private readonly token: string,
    private readonly application: string,
    private readonly environment = 'production',
  ) {}

  /** Another application of the project, which need not be there yet. */
  beside(name: string): ReleasePlace {
    return new ReleasePlace(this.apiUrl, this.token, this.application.replace(/[^/]+$/, name), this.environment);
  }

  /** Creates the application itself. */
  async create(body: object): Promise<void> {
    const [, applications = '', name] = /^(.*)\/([^/]+)$/.exec(this.application) ?? [];
    await new ReleasePlace(this.apiUrl, this.token, applications).call('POST', '', { name, ...body });
  }

  /** Takes over an image of another application; gives its name here. */
  async takeImage(image: string): Promise<string> {
    const { apiUrl, token } = this;
    const { username } = await new ReleasePlace(apiUrl, token, '').call<{ username: string }>('GET', '/me');
    const [, tenant, project, application] =
      /^\/tenants\/(.*)\/projects\/(.*)\/applications\/(.*)$/.exec(this.application) ?? [];
    return copyImage({ apiUrl, username, token }, image, `${tenant}/${project}/${application}`);
  }

  /** A new release of the image there is; gives its number. */
  async release(version: string, fault = ''): Promise<number> {
    const config = `/environments/${this.environment}/config?apply=false`;
    await this.call('PATCH', config, { variables: { VERSION: version, FAULT: fault } });
    return (await this.call<{ number: number }>('POST', '/releases', {})).number;
  }

  /** Without a strategy, by that of the environment. */
  async rollOut(release: number, strategy?: object): Promise<string> {
    const body = { environment: this.environment, release, strategy };
    return (await this.call<{ id: string }>('POST', '/rollouts', body)).id;
  }

  get(id: string): Promise<ShownRollout> {
    return this.call('GET', `/rollouts/${id}`);
  }

  act(id: string, verb: 'promote' | 'pause' | 'resume' | 'abort' | 'retry', body?: object): Promise<ShownRollout> {
    return this.call('POST', `/rollouts/${id}/${verb}`, body);
  }

  /** Waits for the state; throws at once where the rollout has ended in another. */
  async until(id: string, state: string, seconds = 120): Promise<ShownRollout> {
    const ends = ['healthy', 'failed', 'aborted'];
    const shown = await eventually(async () => {
      const now = await this.get(id);
      if (now.state === state || ends.includes(now.state)) return now;
      throw new Error(`The rollout is ${now.state} and not ${state}: ${JSON.stringify(now.steps)}`);
    }, seconds);
    if (shown.state !== state) throw new Error(`The rollout ended as ${shown.state}: ${shown.error}`);
    return shown;
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const url = `${this.apiUrl}/api/v1${this.application}${path}`;
    for (;;) {
      const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      if (answer.status === 429) {
        await new Promise((resolve) => setTimeout(resolve, Number(answer.headers.get('retry-after') ?? 1) * 1000));
        continue;
      }
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as T;
    }
  }
}
