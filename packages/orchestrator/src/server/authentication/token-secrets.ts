// Owns: Secrets of type kubernetes.io/service-account-token: fills them for the account they name, and removes them with it.
// May run twice, and in several servers: a token that is there stays. Never makes such a Secret.

import { type JsonObject, objectAt, stringAt } from '../../kinds/index.js';
import type { Store, StoredObject } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import { deleteObject } from '../deletion.js';
import { followResource, oneAtATime } from '../follow.js';
import { asJson, type Registry, type WriteContext } from '../registry.js';
import type { TokenSigner } from '../tokens.js';

const type = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

const encode = (text: string) => Buffer.from(text).toString('base64');

type Verdict = { do: 'fill'; change(secret: JsonObject): JsonObject } | { do: 'remove' };

/** What is to become of a Secret; undefined where it is whole, or none of ours. `uid`: the account's. Pure. */
function judgeTokenSecret(
  secret: JsonObject,
  uid: string | undefined,
  ca: string,
  makeToken: (claims: JsonObject) => string,
): Verdict | undefined {
  const metadata = objectAt(secret, 'metadata');
  if (secret.type !== type || metadata.deletionTimestamp !== undefined) return undefined;
  const annotations = objectAt(metadata, 'annotations');
  const wanted = stringAt(annotations, uidAnnotation);
  if (uid === undefined || (wanted !== '' && wanted !== uid)) return { do: 'remove' };
  const [namespace, account] = [stringAt(metadata, 'namespace'), stringAt(annotations, nameAnnotation)];
  const data = objectAt(secret, 'data');
  const missing: JsonObject = {
    ...(stringAt(data, 'token') === '' && {
      token: encode(makeToken(claimsOf(namespace, account, uid, stringAt(metadata, 'name')))),
    }),
    ...(data['ca.crt'] !== encode(ca) && { 'ca.crt': encode(ca) }),
    ...(stringAt(data, 'namespace') === '' && { namespace: encode(namespace) }),
  };
  if (Object.keys(missing).length === 0 && wanted === uid) return undefined;
  const change = (current: JsonObject): JsonObject => {
    const own = objectAt(current, 'metadata');
    return {
      ...current,
      metadata: { ...own, annotations: { ...objectAt(own, 'annotations'), [uidAnnotation]: uid } },
      data: { ...objectAt(current, 'data'), ...missing },
    };
  };
  return { do: 'fill', change };
}

function claimsOf(namespace: string, account: string, uid: string, secret: string): JsonObject {
  const prefix = 'kubernetes.io/serviceaccount/';
  return {
    sub: `system:serviceaccount:${namespace}:${account}`,
    [`${prefix}namespace`]: namespace,
    [`${prefix}secret.name`]: secret,
    [`${prefix}service-account.name`]: account,
    [`${prefix}service-account.uid`]: uid,
  };
}

/** Told from the bytes: most Secrets are others, and there may be many. */
const mayBeOne = ({ bytes }: StoredObject) => bytes.includes(`"${type}"`);

/** Fills and removes such Secrets from now on. */
export function keepTokenSecretsFilled(
  store: Store,
  registry: Registry,
  { ca, tokens }: { ca: string; tokens: TokenSigner },
  context: WriteContext,
  onError: (error: unknown) => void,
): { close(): void } {
  const handle = async (key: string) => {
    const [namespace = '', name = ''] = key.split('/');
    const kind = registry.catalog.find('', 'v1', 'secrets');
    const found = kind && store.get('secrets', namespace, name);
    if (!kind || !found || asJson(found.value).type !== type) return;
    const judged = (secret: JsonObject) => {
      const account = stringAt(objectAt(objectAt(secret, 'metadata'), 'annotations'), nameAnnotation);
      const uid = store.get('serviceaccounts', namespace, account)?.value.metadata.uid;
      return judgeTokenSecret(secret, uid, ca, tokens.signLegacy);
    };
    const verdict = judged(asJson(found.value));
    if (verdict?.do === 'remove') {
      const { uid } = found.value.metadata;
      const options = { uid: String(uid), isDryRun: false };
      await deleteObject(registry, kind, namespace, name, options, { ...context, warnings: [] });
    } else if (verdict?.do === 'fill') {
      // Judged anew: another server may have been quicker.
      const change = (current: JsonObject) => {
        const now = judged(current);
        return now?.do === 'fill' ? now.change(current) : current;
      };
      const request = { kind, namespace, name, subresource: '', isRetried: true } as const;
      await registry.update({ ...request, change }, { ...context, warnings: [] });
    }
  };
  const start = oneAtATime(handle, (error) => {
    // Somebody else changed or removed it: what is left is looked at again.
    if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) onError(error);
  });
  const each = (changed: readonly StoredObject[] | undefined) => {
    for (const secret of changed ?? store.list('secrets'))
      if (mayBeOne(secret)) start(`${secret.namespace}/${secret.name}`);
  };
  const ofAccounts = (changed: readonly StoredObject[] | undefined) => {
    for (const account of changed ?? [])
      for (const secret of store.list('secrets', undefined, account.namespace))
        if (mayBeOne(secret) && secret.value.metadata.annotations?.[nameAnnotation] === account.name)
          start(`${secret.namespace}/${secret.name}`);
  };
  const parts = [followResource(store, 'secrets', each), followResource(store, 'serviceaccounts', ofAccounts)];
  return {
    close: () => {
      for (const part of parts) part.close();
    },
  };
}
