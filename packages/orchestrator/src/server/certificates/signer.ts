// Owns: signing what has been approved, with the cluster's CA, whose key never leaves the API server. May run twice, and in
// several servers that share the CA: the first certificate stays. Never decides whether a request is approved.

import {
  clientUsagesProblem,
  type JsonObject,
  kubeletClientProblem,
  kubeletServingProblem,
  kubernetesSigners,
  numberAt,
  objectAt,
  objectsAt,
  parseCertificateRequest,
  stringAt,
} from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { followResource, oneAtATime } from '../follow.js';
import type { CertificateAuthority, SigningRequest } from '../pki.js';
import { asJson, nowText, type Registry, type WriteContext } from '../registry.js';

const resource = 'certificates.k8s.io/certificatesigningrequests';
const longestSeconds = 365 * 24 * 60 * 60;
const shortestSeconds = 600;

type Verdict = { do: 'sign'; what: SigningRequest } | { do: 'fail'; why: string };

/** What is to become of a request; undefined where it is not for us, not approved, or done with. Pure. */
function judge(request: JsonObject): Verdict | undefined {
  const [spec, status] = [objectAt(request, 'spec'), objectAt(request, 'status')];
  const signer = stringAt(spec, 'signerName');
  if (!Object.values<string>(kubernetesSigners).includes(signer) || stringAt(status, 'certificate') !== '')
    return undefined;
  const has = (type: string) =>
    objectsAt(status, 'conditions').some((each) => each.type === type && each.status === 'True');
  if (!has('Approved') || has('Denied') || has('Failed')) return undefined;
  const usages = Array.isArray(spec.usages) ? spec.usages.map(String) : [];
  const problem = problemFor(signer, stringAt(spec, 'request'), usages);
  if (problem !== undefined) return { do: 'fail', why: problem };
  const asked = numberAt(spec, 'expirationSeconds') ?? longestSeconds;
  const what = {
    request: Buffer.from(stringAt(spec, 'request'), 'base64').toString('latin1'),
    isForServer: usages.includes('server auth'),
    isForClient: usages.includes('client auth'),
    enciphersKeys: usages.includes('key encipherment'),
    seconds: Math.max(shortestSeconds, Math.min(asked, longestSeconds)),
  };
  return { do: 'sign', what };
}

function problemFor(signer: string, text: string, usages: readonly string[]): string | undefined {
  try {
    const request = parseCertificateRequest(text);
    switch (signer) {
      case kubernetesSigners.kubeletClient:
        return kubeletClientProblem(request, usages);
      case kubernetesSigners.kubeletServing:
        return kubeletServingProblem(request, usages);
      default:
        return clientUsagesProblem(usages);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Signs approved requests from now on. */
export function keepRequestsSigned(
  store: Store,
  registry: Registry,
  authority: Pick<CertificateAuthority, 'sign'>,
  context: WriteContext,
  onError: (error: unknown) => void,
): { close(): void } {
  const handle = async (name: string) => {
    const found = store.get(resource, '', name);
    const verdict = found && judge(asJson(found.value));
    if (!verdict) return;
    const result =
      verdict.do === 'sign'
        ? { certificate: Buffer.from(await authority.sign(verdict.what)).toString('base64') }
        : { failure: verdict.why };
    await write(registry, context, name, String(found.value.metadata.uid), result);
  };
  const start = oneAtATime(handle, onError);
  return followResource(store, resource, (changed) => {
    for (const { name } of changed ?? store.list(resource)) start(name);
  });
}

async function write(
  registry: Registry,
  context: WriteContext,
  name: string,
  uid: string,
  result: { certificate: string } | { failure: string },
): Promise<void> {
  const kind = registry.catalog.find('certificates.k8s.io', 'v1', 'certificatesigningrequests');
  if (!kind || !registry.find(kind, '', name)) return;
  const change = (current: JsonObject): JsonObject => {
    // Another server was quicker, or the name is another request's by now.
    if (objectAt(current, 'metadata').uid !== uid || !judge(current)) return current;
    const status = objectAt(current, 'status');
    if ('certificate' in result) return { ...current, status: { ...status, certificate: result.certificate } };
    const now = nowText();
    const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: result.failure };
    const conditions = [
      ...objectsAt(status, 'conditions'),
      { ...failed, lastUpdateTime: now, lastTransitionTime: now },
    ];
    return { ...current, status: { ...status, conditions } };
  };
  await registry.update(
    { kind, namespace: '', name, subresource: 'status', change, isRetried: true },
    { ...context, warnings: [] },
  );
}
