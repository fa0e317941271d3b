import { checkNonNegative, checkPortNumberOrName } from '../checks.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, numberAt, objectsAt, stringAt } from '../json.js';

const headerName = /^[-A-Za-z0-9]+$/;

function checkHandler(handler: JsonObject, at: string, grace: number, errors: FieldError[]): void {
  let count = 0;
  const isFirst = (key: string): boolean => {
    count += 1;
    if (count > 1) errors.push(forbidden(`${at}.${key}`, 'may not specify more than 1 handler type'));
    return count === 1;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (isJsonObject(exec) && isFirst('exec') && !(Array.isArray(exec.command) && exec.command.length > 0))
    errors.push(required(`${at}.exec.command`));
  if (isJsonObject(httpGet) && isFirst('httpGet')) checkHttpGet(httpGet, `${at}.httpGet`, errors);
  if (isJsonObject(tcpSocket) && isFirst('tcpSocket'))
    checkPortNumberOrName(tcpSocket.port, `${at}.tcpSocket.port`, errors);
  if (isJsonObject(grpc) && isFirst('grpc')) checkPortNumberOrName(grpc.port, `${at}.grpc.port`, errors);
  if (isJsonObject(sleep) && isFirst('sleep')) {
    const seconds = numberAt(sleep, 'seconds') ?? 0;
    if (seconds < 0 || seconds > grace)
      errors.push(
        invalid(`${at}.sleep`, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`),
      );
  }
  if (count === 0) errors.push(required(at, 'must specify a handler type'));
}

function checkHttpGet(http: JsonObject, at: string, errors: FieldError[]): void {
  if (stringAt(http, 'path') === '') errors.push(required(`${at}.path`));
  checkPortNumberOrName(http.port, `${at}.port`, errors);
  if (http.scheme !== 'HTTP' && http.scheme !== 'HTTPS')
    errors.push(notSupported(`${at}.scheme`, http.scheme ?? '', ['HTTP', 'HTTPS']));
  for (const header of objectsAt(http, 'httpHeaders'))
    if (!headerName.test(stringAt(header, 'name')))
      errors.push(
        invalid(
          `${at}.httpHeaders`,
          header.name ?? '',
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
        ),
      );
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
];

/** The three probes of a container. */
export function checkProbes(container: JsonObject, at: string, grace: number, errors: FieldError[]): void {
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (!isJsonObject(probe)) continue;
    const field = `${at}.${name}`;
    checkHandler(probe, field, grace, errors);
    checkNonNegative(probe, counts, field, errors);
    const own = numberAt(probe, 'terminationGracePeriodSeconds');
    if (name === 'readinessProbe') {
      if (own !== undefined)
        errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, 'must not be set for readinessProbes'));
      continue;
    }
    if (own !== undefined && own <= 0)
      errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, 'must be greater than 0'));
    if (probe.successThreshold !== 1)
      errors.push(invalid(`${field}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
}

export function checkLifecycle(
  container: JsonObject,
  at: string,
  grace: number,
  os: string,
  errors: FieldError[],
): void {
  const { lifecycle } = container;
  if (!isJsonObject(lifecycle)) return;
  for (const name of ['postStart', 'preStop']) {
    const hook = lifecycle[name];
    if (isJsonObject(hook)) checkHandler(hook, `${at}.lifecycle.${name}`, grace, errors);
  }
  if (lifecycle.stopSignal !== undefined && os === '')
    errors.push(forbidden(`${at}.lifecycle.stopSignal`, 'may not be set for containers with empty `spec.os.name`'));
}
