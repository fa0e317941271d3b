import {
  arrayAt,
  isJsonObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../../../kinds/index.js';

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One rule of the Pod Security Standards; undefined: the pod keeps it. */
type Check = (pod: Subject) => Violation | undefined;

interface Subject {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
  readonly containers: readonly JsonObject[];
}

const quoted = (names: readonly string[]) => names.map((each) => JSON.stringify(each)).join(', ');
const namesOf = (list: readonly JsonObject[]) => list.map((each) => stringAt(each, 'name'));
const plural = (word: string, count: number) => (count === 1 ? word : `${word}s`);
const named = (word: string, names: readonly string[]) => `${plural(word, names.length)} ${quoted(names)}`;
const security = (part: JsonObject) => objectAt(part, 'securityContext');
const isWindows = ({ spec }: Subject) => objectAt(spec, 'os').name === 'windows';

/** `pod must …`, `container "a" must …` and `pod and containers "a", "b" must …`. */
function blame(isPod: boolean, containers: readonly JsonObject[]): string {
  const parts = [
    ...(isPod ? ['pod'] : []),
    ...(containers.length > 0 ? [named('container', namesOf(containers))] : []),
  ];
  return parts.join(' and ');
}

const defaultCapabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const addedBy = (container: JsonObject) => arrayAt(objectAt(security(container), 'capabilities'), 'add').map(String);

function addedBeyond(containers: readonly JsonObject[], allowed: readonly string[]): string | undefined {
  const bad = containers.filter((each) => addedBy(each).some((name) => !allowed.includes(name)));
  if (bad.length === 0) return undefined;
  const names = [...new Set(bad.flatMap(addedBy).filter((name) => !allowed.includes(name)))].sort();
  return `${blame(false, bad)} must not include ${quoted(names)} in securityContext.capabilities.add`;
}

const capabilitiesBaseline: Check = ({ containers }) => {
  const detail = addedBeyond(containers, defaultCapabilities);
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
};

const appArmor: Check = ({ metadata, spec, containers }) => {
  const isBad = (part: JsonObject) => objectAt(security(part), 'appArmorProfile').type === 'Unconfined';
  const prefix = 'container.apparmor.security.beta.kubernetes.io/';
  const annotations = Object.entries(objectAt(metadata, 'annotations'))
    .filter(([key]) => key.startsWith(prefix))
    .filter(([, value]) => value !== '' && value !== 'runtime/default' && !String(value).startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const bad = containers.filter(isBad);
  const count = bad.length + annotations.length + (isBad(spec) ? 1 : 0);
  if (count === 0) return undefined;
  const details = [
    ...(bad.length > 0 || isBad(spec)
      ? [`${blame(isBad(spec), bad)} must not set AppArmor profile type to "Unconfined"`]
      : []),
    ...annotations,
  ];
  return { reason: `forbidden AppArmor ${plural('profile', count)}`, detail: details.join(', ') };
};

const hostNamespaces: Check = ({ spec }) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

const hostPathVolumes: Check = ({ spec }) => {
  const bad = objectsAt(spec, 'volumes').filter((each) => isJsonObject(each.hostPath));
  if (bad.length === 0) return undefined;
  return { reason: `hostPath ${plural('volume', bad.length)}`, detail: named('volume', namesOf(bad)) };
};

const hostPorts: Check = ({ containers }) => {
  const portsOf = (container: JsonObject) =>
    objectsAt(container, 'ports').flatMap((each) => {
      const port = numberAt(each, 'hostPort') ?? 0;
      return port === 0 ? [] : [port];
    });
  const bad = containers.filter((each) => portsOf(each).length > 0);
  if (bad.length === 0) return undefined;
  const ports = [...new Set(bad.flatMap(portsOf).map(String))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  return {
    reason: 'hostPort',
    detail: `${blame(false, bad)} ${verb} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  };
};

const hostProbes: Check = ({ containers }) => {
  const hostsOf = (container: JsonObject) => {
    const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((name) => objectAt(container, name));
    const hooks = ['postStart', 'preStop'].map((name) => objectAt(objectAt(container, 'lifecycle'), name));
    return [...probes, ...hooks]
      .flatMap((each) => [stringAt(objectAt(each, 'httpGet'), 'host'), stringAt(objectAt(each, 'tcpSocket'), 'host')])
      .filter((host) => host !== '');
  };
  const bad = containers.filter((each) => hostsOf(each).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = [...new Set(bad.flatMap(hostsOf))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  return {
    reason: 'probe or lifecycle host',
    detail: `${blame(false, bad)} ${verb} probe or lifecycle ${plural('host', hosts.length)} ${quoted(hosts)}`,
  };
};

const privileged: Check = ({ containers }) => {
  const bad = containers.filter((each) => security(each).privileged === true);
  if (bad.length === 0) return undefined;
  return { reason: 'privileged', detail: `${blame(false, bad)} must not set securityContext.privileged=true` };
};

const procMount: Check = ({ containers }) => {
  const mountOf = (container: JsonObject) => stringAt(security(container), 'procMount');
  const bad = containers.filter((each) => !['', 'Default'].includes(mountOf(each)));
  if (bad.length === 0) return undefined;
  const values = [...new Set(bad.map(mountOf))].sort();
  return {
    reason: 'procMount',
    detail: `${blame(false, bad)} must not set securityContext.procMount to ${quoted(values)}`,
  };
};

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

const seLinuxOptions: Check = ({ spec, containers }) => {
  const optionsOf = (part: JsonObject) => objectAt(security(part), 'seLinuxOptions');
  const isBad = (part: JsonObject) => {
    const options = optionsOf(part);
    const isKnown = seLinuxTypes.includes(stringAt(options, 'type'));
    return !isKnown || stringAt(options, 'user') !== '' || stringAt(options, 'role') !== '';
  };
  const bad = containers.filter(isBad);
  if (bad.length === 0 && !isBad(spec)) return undefined;
  const all = [spec, ...bad].map(optionsOf);
  const types = [...new Set(all.map((each) => stringAt(each, 'type')))]
    .filter((type) => !seLinuxTypes.includes(type))
    .sort();
  const details = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(all.some((each) => stringAt(each, 'user') !== '') ? ['user may not be set'] : []),
    ...(all.some((each) => stringAt(each, 'role') !== '') ? ['role may not be set'] : []),
  ];
  const detail = `${blame(isBad(spec), bad)} set forbidden securityContext.seLinuxOptions: ${details.join('; ')}`;
  return { reason: 'seLinuxOptions', detail };
};

const seccompTypeOf = (part: JsonObject) => stringAt(objectAt(security(part), 'seccompProfile'), 'type');

function forbiddenSeccomp({ spec, containers }: Subject): string | undefined {
  const isBad = (part: JsonObject) => seccompTypeOf(part) === 'Unconfined';
  const bad = containers.filter(isBad);
  if (bad.length === 0 && !isBad(spec)) return undefined;
  return `${blame(isBad(spec), bad)} must not set securityContext.seccompProfile.type to "Unconfined"`;
}

const seccompBaseline: Check = (subject) => {
  const detail = forbiddenSeccomp(subject);
  return detail === undefined ? undefined : { reason: 'seccompProfile', detail };
};

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

const sysctls: Check = ({ spec }) => {
  const bad = namesOf(objectsAt(security(spec), 'sysctls')).filter((name) => !safeSysctls.includes(name));
  return bad.length === 0 ? undefined : { reason: `forbidden ${plural('sysctl', bad.length)}`, detail: bad.join(', ') };
};

const windowsHostProcess: Check = ({ spec, containers }) => {
  const isBad = (part: JsonObject) => objectAt(security(part), 'windowsOptions').hostProcess === true;
  const bad = containers.filter(isBad);
  if (bad.length === 0 && !isBad(spec)) return undefined;
  const detail = `${blame(isBad(spec), bad)} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: 'hostProcess', detail };
};

const privilegeEscalation: Check = (subject) => {
  const bad = subject.containers.filter((each) => security(each).allowPrivilegeEscalation !== false);
  if (bad.length === 0 || isWindows(subject)) return undefined;
  const detail = `${blame(false, bad)} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: 'allowPrivilegeEscalation != false', detail };
};

const capabilitiesRestricted: Check = (subject) => {
  if (isWindows(subject)) return undefined;
  const keeping = subject.containers.filter(
    (each) => !arrayAt(objectAt(security(each), 'capabilities'), 'drop').includes('ALL'),
  );
  const added = addedBeyond(subject.containers, ['NET_BIND_SERVICE']);
  const details = [
    ...(keeping.length > 0 ? [`${blame(false, keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(added === undefined ? [] : [added]),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const plainVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const restrictedVolumes: Check = ({ spec }) => {
  const typeOf = (volume: JsonObject) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  const bad = objectsAt(spec, 'volumes').filter((each) => !plainVolumes.includes(typeOf(each)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  const detail = `${named('volume', namesOf(bad))} ${verb} restricted volume ${plural('type', types.length)} ${quoted(types)}`;
  return { reason: 'restricted volume types', detail };
};

const runAsNonRoot: Check = ({ spec, containers }) => {
  const pod = security(spec).runAsNonRoot;
  const bad = containers.filter((each) => security(each).runAsNonRoot === false);
  const silent = containers.filter((each) => security(each).runAsNonRoot === undefined);
  const isPodBad = pod === false && (silent.length > 0 || bad.length > 0);
  const reason = 'runAsNonRoot != true';
  if (bad.length > 0 || isPodBad)
    return { reason, detail: `${blame(isPodBad, bad)} must not set securityContext.runAsNonRoot=false` };
  if (pod === true || silent.length === 0) return undefined;
  return { reason, detail: `pod or ${blame(false, silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = ({ spec, containers }) => {
  const isBad = (part: JsonObject) => security(part).runAsUser === 0;
  const bad = containers.filter(isBad);
  if (bad.length === 0 && !isBad(spec)) return undefined;
  return { reason: 'runAsUser=0', detail: `${blame(isBad(spec), bad)} must not set runAsUser=0` };
};

const seccompRestricted: Check = (subject) => {
  if (isWindows(subject)) return undefined;
  const reason = 'seccompProfile';
  const forbidden = forbiddenSeccomp(subject);
  if (forbidden !== undefined) return { reason, detail: forbidden };
  if (seccompTypeOf(subject.spec) !== '') return undefined;
  const silent = subject.containers.filter((each) => seccompTypeOf(each) === '');
  if (silent.length === 0) return undefined;
  const what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason, detail: `pod or ${blame(false, silent)} ${what}` };
};

const alike: readonly Check[] = [
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  sysctls,
  windowsHostProcess,
];
const checks = {
  privileged: [],
  baseline: [
    appArmor,
    capabilitiesBaseline,
    hostNamespaces,
    hostPathVolumes,
    ...alike.slice(0, 5),
    seccompBaseline,
    ...alike.slice(5),
  ],
  restricted: [
    appArmor,
    hostNamespaces,
    ...alike,
    privilegeEscalation,
    capabilitiesRestricted,
    restrictedVolumes,
    runAsNonRoot,
    runAsUser,
    seccompRestricted,
  ],
} satisfies Record<string, readonly Check[]>;

export type Level = keyof typeof checks;
export const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** What keeps a pod from a level; none: it may run there. */
export function violationsOf(level: Level, metadata: JsonObject, spec: JsonObject): Violation[] {
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => objectsAt(spec, list));
  return checks[level].flatMap((check) => check({ metadata, spec, containers }) ?? []);
}
