import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Element, elementsOf, first, oidOf, textOf } from './der.js';

/** What a PKCS #10 request asks for, its signature found good. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

const commonNameId = '2.5.4.3';
const organizationId = '2.5.4.10';
const extensionRequestId = '1.2.840.113549.1.9.14';
const alternativeNamesId = '2.5.29.17';

/** The digest of each signature algorithm; null where the key decides. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** Reads `spec.request`: PEM, in base64. Throws an Error that says what is wrong with it. */
export function parseCertificateRequest(request: string): CertificateRequest {
  const pem = Buffer.from(request, 'base64').toString('latin1');
  const block = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(pem);
  if (block?.[1] !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const body = (block[2] ?? '').replace(/^[\s\S]*?\n\s*\n/, '');
  const [outer, ...rest] = elementsOf(Buffer.from(body, 'base64'));
  if (!outer || rest.length > 0) throw new Error('x509: malformed certificate request');
  const [info, algorithm, signature] = elementsOf(outer.content);
  const [, subject, keyInfo, attributes] = elementsOf(first(info).content);
  checkSignature(first(info), first(keyInfo), first(algorithm), first(signature));
  const names = alternativeNamesOf(attributes);
  const ofTag = (tag: number) => names.filter((each) => each.tag === tag).map(({ content }) => content);
  return {
    commonName: textsOf(first(subject), commonNameId).at(-1) ?? '',
    organizations: textsOf(first(subject), organizationId),
    emailAddresses: ofTag(0x81).map((each) => each.toString('latin1')),
    dnsNames: ofTag(0x82).map((each) => each.toString('latin1')),
    uris: ofTag(0x86).map((each) => each.toString('latin1')),
    ipAddresses: ofTag(0x87).map(toAddress),
  };
}

function checkSignature(info: Element, keyInfo: Element, algorithm: Element, signature: Element): void {
  const digest = digests[oidOf(first(elementsOf(algorithm.content)[0]).content)];
  if (digest === undefined) throw new Error('x509: cannot verify signature: algorithm unimplemented');
  // The first byte of a bit string counts its unused bits.
  const bits = signature.content.subarray(1);
  if (!verify(digest, info.bytes, keyFrom(keyInfo), bits)) throw new Error('x509: the signature is not valid');
}

function keyFrom(keyInfo: Element): KeyObject {
  try {
    return createPublicKey({ key: keyInfo.bytes, format: 'der', type: 'spki' });
  } catch (error) {
    throw new Error('x509: the public key cannot be read', { cause: error });
  }
}

/** The values of an attribute in a Name, which is a sequence of sets of attributes. */
function textsOf(name: Element, id: string): string[] {
  return elementsOf(name.content)
    .flatMap((set) => elementsOf(set.content))
    .flatMap((attribute) => {
      const [type, value] = elementsOf(attribute.content);
      return type && value && oidOf(type.content) === id ? [textOf(value)] : [];
    });
}

function alternativeNamesOf(attributes: Element | undefined): Element[] {
  const found: Element[] = [];
  for (const attribute of attributes ? elementsOf(attributes.content) : []) {
    const [type, values] = elementsOf(attribute.content);
    if (!type || !values || oidOf(type.content) !== extensionRequestId) continue;
    for (const extension of elementsOf(first(elementsOf(values.content)[0]).content)) {
      const parts = elementsOf(extension.content);
      const value = parts.at(-1);
      if (!value || oidOf(first(parts[0]).content) !== alternativeNamesId) continue;
      found.push(...elementsOf(first(elementsOf(value.content)[0]).content));
    }
  }
  return found;
}

function toAddress(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) throw new Error(`x509: cannot parse IP address of length ${bytes.length}`);
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}
