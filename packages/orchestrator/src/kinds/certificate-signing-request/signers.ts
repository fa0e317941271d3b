import type { CertificateRequest } from './request.js';

/** What the cluster's own signers sign. */
export const kubernetesSigners = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
} as const;

const nodePrefix = 'system:node:';

/** Why a request is no kubelet's for a client certificate; undefined: it is one. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  return (
    nodeSubjectProblem(request) ??
    (request.dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (request.emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (request.ipAddresses.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (request.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    nodeNameProblem(request) ??
    usagesProblem(usages, 'client auth')
  );
}

/** Why a request is no kubelet's for a serving certificate; undefined: it is one. */
export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const isUnnamed = request.dnsNames.length === 0 && request.ipAddresses.length === 0;
  return (
    nodeSubjectProblem(request) ??
    (isUnnamed ? 'DNS or IP subjectAltName is required' : undefined) ??
    (request.emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (request.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    usagesProblem(usages, 'server auth') ??
    nodeNameProblem(request)
  );
}

/** Why usages are none of a client certificate of the API server; undefined: they are. */
export function clientUsagesProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((each) => !['client auth', 'digital signature', 'key encipherment'].includes(each));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function nodeSubjectProblem({ organizations }: CertificateRequest): string | undefined {
  const isNode = organizations.length === 1 && organizations[0] === 'system:nodes';
  return isNode ? undefined : 'subject organization is not system:nodes';
}

function nodeNameProblem({ commonName }: CertificateRequest): string | undefined {
  return commonName.startsWith(nodePrefix) ? undefined : `subject common name does not begin with ${nodePrefix}`;
}

/** Only the keys of RSA encipher others. */
function usagesProblem(usages: readonly string[], purpose: string): string | undefined {
  const given = [...new Set(usages)].filter((each) => each !== 'key encipherment').sort();
  const [a = '', b = ''] = given;
  const isExact = given.length === 2 && a + b === [purpose, 'digital signature'].sort().join('');
  return isExact
    ? undefined
    : `usages did not match [${[purpose, 'digital signature', 'key encipherment'].sort().join(' ')}]`;
}
