import { Injectable } from '@nestjs/common';
import { KubeError } from '@slipway/orchestrator/client';
import { ClustersService } from '../../clusters/clusters.service.js';
import { anySignal } from '../../kernel/clock/any-signal.js';
import { isPlainPath } from '../experiment.rules.js';
import type { Outcome, WebProbe } from './probe.rules.js';
import { mostBytes, readAnswer, usualTimeoutSeconds } from './web-answer.rules.js';

/** Where a template's Service stands, by its own name and never by a user's text. */
export interface TemplateDoor {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
  readonly path: string;
}

/** Asks the pods of an experiment's template, through the cluster's API, so that it works wherever the worker is. */
@Injectable()
export class TemplateProbes {
  constructor(private readonly clusters: ClustersService) {}

  async take(door: TemplateDoor, probe: WebProbe, ending: AbortSignal): Promise<Outcome> {
    const { cluster, namespace, service, path } = door;
    // It goes with the platform's own rights: what was checked when it was written down is checked where it is used.
    if (!isPlainPath(path)) return { type: 'error', message: 'The path is none that is asked for.' };
    const url = `/api/v1/namespaces/${namespace}/services/${service}:80/proxy${path}`;
    const timeout = AbortSignal.timeout((probe.timeoutSeconds ?? usualTimeoutSeconds) * 1000);
    try {
      return await this.clusters.use(cluster, async (client) => {
        const response = await client.request('GET', url, { signal: anySignal([timeout, ending]) });
        return readAnswer({ status: response.status, body: await readBody(response) }, probe.jsonPath);
      });
    } catch (error) {
      if (timeout.aborted) return { type: 'error', message: 'It did not answer in time.' };
      const said = error instanceof KubeError ? error.message : 'it could not be reached.';
      return { type: 'error', message: `It was not answered: ${said}` };
    }
  }
}

/** No more of it than is looked at. */
async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) throw new Error('The answer is too long.');
  }
  return Buffer.concat(chunks);
}
