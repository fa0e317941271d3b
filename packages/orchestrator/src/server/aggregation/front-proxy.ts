import { join } from 'node:path';
import { configMaps, kindDefinitions } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import type { User } from '../authentication.js';
import { type KeyPair, openCertificateAuthority } from '../pki.js';
import type { Registry, WriteContext } from '../registry.js';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const commonName = 'front-proxy-client';
const extraPrefix = 'X-Remote-Extra-';

/** What proves to another API server that a request's user has been authenticated here. */
export interface FrontProxy {
  /** PEM of the authority that has signed the identity, and signs nothing else. */
  readonly ca: string;
  readonly identity: KeyPair;
}

/** `directory`: where the server keeps its keys. */
export async function openFrontProxy(directory: string): Promise<FrontProxy> {
  const authority = await openCertificateAuthority(join(directory, 'front-proxy'), 'slipway-front-proxy-ca');
  return { ca: authority.certificate, identity: await authority.keep('client', { commonName }) };
}

/** A header's value holds bytes: what is beyond ASCII goes as UTF-8. */
const toHeader = (text: string) => Buffer.from(text).toString('latin1');

/** Names of headers allow few characters; the others are written as in a URL. */
const toHeaderName = (key: string) =>
  Buffer.from(key)
    .toString('latin1')
    .replace(/[^\w!#$&'*+.^`|~-]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

/** The headers that tell another API server who asks. */
export function headersOfUser(user: User): Record<string, string | string[]> {
  return {
    'X-Remote-User': toHeader(user.name),
    ...(user.uid !== undefined && user.uid !== '' && { 'X-Remote-Uid': toHeader(user.uid) }),
    ...(user.groups.length > 0 && { 'X-Remote-Group': user.groups.map(toHeader) }),
    ...Object.fromEntries(
      Object.entries(user.extra ?? {}).map(([key, values]) => [
        `${extraPrefix}${toHeaderName(key)}`,
        values.map(toHeader),
      ]),
    ),
  };
}

export const isUserHeader = (header: string) => header.startsWith('x-remote-');

/** Writes where other API servers look for whom to trust: the authority of clients and that of this front proxy. */
export async function publishAuthentication(
  registry: Registry,
  clientCa: string,
  frontProxy: FrontProxy,
  context: () => WriteContext,
): Promise<void> {
  const kind = kindDefinitions.find((each) => each.type.plural === configMaps.plural && each.type.group === '');
  if (!kind) throw new Error('no kind is defined for configmaps');
  const data = {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': JSON.stringify([commonName]),
    'requestheader-client-ca-file': frontProxy.ca,
    'requestheader-extra-headers-prefix': JSON.stringify([extraPrefix]),
    'requestheader-group-headers': JSON.stringify(['X-Remote-Group']),
    'requestheader-uid-headers': JSON.stringify(['X-Remote-Uid']),
    'requestheader-username-headers': JSON.stringify(['X-Remote-User']),
  };
  if (!registry.find(kind, namespace, name)) {
    try {
      await registry.create(kind, namespace, { metadata: { name }, data }, context());
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    }
  }
  const request = { kind, namespace, name, subresource: '', isRetried: true } as const;
  await registry.update({ ...request, change: (current) => ({ ...current, data }) }, context());
}
