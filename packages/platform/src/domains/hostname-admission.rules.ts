import { labelPrefix, managedBy } from '../kernel/kubernetes/labels.js';

/** On the Namespace of an environment: the host names that may be routed there, by commas. Slipway alone writes it. */
export const hostnamesAnnotation = `${labelPrefix}hostnames`;
/** All annotations of an object together may have 256 KiB: what goes beyond this is routed by Slipway alone. */
const mostCharacters = 200_000;

/** The annotation's value; null where there is nothing to be listed. In a fixed order, so that it changes only with the names. */
export function toHostnameList(hostnames: Iterable<string>): string | null {
  let list = '';
  for (const hostname of [...new Set(hostnames)].sort()) {
    if (list.length + hostname.length >= mostCharacters) break;
    list += list === '' ? hostname : `,${hostname}`;
  }
  return list || null;
}

const gateway = 'gateway.networking.k8s.io';
const routes = ['httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes'];

/** A route that hangs on a Service is of a mesh: it leads nobody in from outside. */
const leadsIn = (o: string): string =>
  `(has(${o}.spec.parentRefs) && ${o}.spec.parentRefs.exists(p, !(has(p.kind) && p.kind == 'Service' && has(p.group) && p.group == '')))`;

/**
 * The host names that an object asks for, '' for all there are: an object without one catches what is everybody's. Routes of
 * TCP and UDP know none.
 */
const hostsOf = (o: string): string =>
  `(${o}.kind in ['Gateway', 'ListenerSet']
    ? (has(${o}.spec.listeners) ? ${o}.spec.listeners.map(l, has(l.hostname) ? l.hostname : '') : [])
    : ${o}.kind == 'Ingress'
    ? (has(${o}.spec.rules) ? ${o}.spec.rules.map(r, has(r.host) ? r.host : '') : []) + (has(${o}.spec.defaultBackend) ? [''] : [])
    : has(${o}.spec.hostnames) && size(${o}.spec.hostnames) > 0 ? ${o}.spec.hostnames
    : ${leadsIn(o)} ? [''] : [])`.replaceAll(/\s+/g, ' ');

/** Through what it leads there. */
const wayOf = (o: string): string =>
  `[${['parentRefs', 'parentRef', 'gatewayClassName', 'ingressClassName']
    .map((field) => `has(${o}.spec.${field}) ? dyn(${o}.spec.${field}) : dyn('')`)
    .join(', ')}]`;

/**
 * Lets a host name be routed only in the namespaces whose list has it, whoever writes the route: by its exact text, so that
 * a wildcard is covered by none (nobody can prove one). A name that an object had before, by the same way, is let be: it can
 * be changed otherwise and deleted. Nobody is asked who may change any namespace, and so could write the lists: Slipway and
 * the cluster's administrators. For them a name holds that was verified a moment ago.
 */
export function toHostnameAdmission() {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = {
    name: 'slipway-hostnames',
    labels: { ...managedBy, 'app.kubernetes.io/part-of': 'slipway-domains' },
  };
  const rule = (group: string, resources: readonly string[]) => ({
    apiGroups: [group],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources,
  });
  const annotations = 'namespaceObject.metadata.annotations';
  const key = `'${hostnamesAnnotation}'`;
  return {
    policy: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            rule(gateway, ['gateways', 'listenersets', ...routes]),
            rule('networking.k8s.io', ['ingresses']),
          ],
        },
        matchConditions: [
          {
            name: 'is-held-to-the-list',
            expression: "!authorizer.group('').resource('namespaces').check('patch').allowed()",
          },
        ],
        variables: [
          {
            name: 'listed',
            // An empty text splits into one that is empty, which stands for every host name.
            expression: `has(${annotations}) && ${key} in ${annotations} ? ${annotations}[${key}].split(',').filter(h, h != '') : []`,
          },
          {
            name: 'before',
            expression: `oldObject == null || ${wayOf('oldObject')} != ${wayOf('object')} ? [] : ${hostsOf('oldObject')}`,
          },
          {
            name: 'strange',
            expression: `${hostsOf('object')}.filter(h, !(h in variables.listed) && !(h in variables.before))`,
          },
        ],
        validations: [
          {
            expression: 'size(variables.strange) == 0',
            message: 'It names host names that are not proven here: slipway domains add.',
            messageExpression: `'this namespace may not route ' + variables.strange.map(h, h == '' ? 'every host name' : string(h)).join(', ') + ': a host name leads only where its tenant has proven it. Name some, each proven by: slipway domains add HOSTNAME --app APPLICATION'`,
            reason: 'Forbidden',
          },
        ],
      },
    },
    binding: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchExpressions: [{ key: `${labelPrefix}environment`, operator: 'Exists' }] },
        },
      },
    },
  };
}
