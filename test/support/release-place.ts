import { eventually } from './eventually.js';

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly restoring: boolean;
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

  /** A new release of the image there is; gives its number. */
  async release(version: string, fault = ''): Promise<number> {
    const config = `/environments/${this.environment}/config?apply=false`;
    await this.call('PATCH', config, { variables: { VERSION: version, FAULT: fault } });
    return (await this.call<{ number: number }>('POST', '/releases', {})).number;
  }

  async rollOut(release: number, strategy: object): Promise<string> {
    const body = { environment: this.environment, release, strategy };
    return (await this.call<{ id: string }>('POST', '/rollouts', body)).id;
  }

  get(id: string): Promise<Shown> {
    return this.call('GET', `/rollouts/${id}`);
  }

  act(id: string, verb: 'promote' | 'pause' | 'resume' | 'abort' | 'retry', body?: object): Promise<Shown> {
    return this.call('POST', `/rollouts/${id}/${verb}`, body);
  }

  /** Waits for the state; throws at once where the rollout has ended in another. */
  async until(id: string, state: string, seconds = 120): Promise<Shown> {
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
