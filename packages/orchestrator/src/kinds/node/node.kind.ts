import { checkName, cidrProblem, isIPv6 } from '../checks.js';
import { column, metadataOf, specOf, statusOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { labelValueProblems, qualifiedNameProblems } from '../names.js';
import { nodes } from '../refs.js';
import { checkAmount } from '../resources.js';

const familyOf = (cidr: Json | undefined) => String(cidr ?? '').split('/')[0] ?? '';
const info = (object: JsonObject) => objectAt(statusOf(object), 'nodeInfo');
const address = (type: string) => (object: JsonObject) => {
  const found = objectsAt(statusOf(object), 'addresses').find((each) => each.type === type);
  return stringAt(found, 'address') || '<none>';
};

function statusText(object: JsonObject): string {
  const ready = objectsAt(statusOf(object), 'conditions').find((each) => each.type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return specOf(object).unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesText(object: JsonObject): string {
  const labels = objectAt(metadataOf(object), 'labels');
  const roles = new Set<string>();
  for (const key in labels) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    if (key === 'kubernetes.io/role' && labels[key] !== '') roles.add(String(labels[key]));
  }
  return [...roles].sort().join(',') || '<none>';
}

const wide = { priority: 1 };
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function checkTaints(spec: JsonObject, errors: FieldError[]): void {
  const seen = new Set<string>();
  objectsAt(spec, 'taints').forEach((taint, index) => {
    const at = `metadata.taints[${index}]`;
    checkName(stringAt(taint, 'key'), `${at}.key`, qualifiedNameProblems, errors);
    checkName(stringAt(taint, 'value'), `${at}.value`, labelValueProblems, errors);
    const effect = stringAt(taint, 'effect');
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
    const key = `${stringAt(taint, 'key')}:${effect}`;
    if (seen.has(key)) {
      const { message } = duplicate(at, taint);
      errors.push({
        field: at,
        reason: 'FieldValueDuplicate',
        message: `${message}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(key);
  });
}

function checkResources(object: JsonObject, errors: FieldError[]): void {
  for (const list of ['capacity', 'allocatable']) {
    const amounts = objectAt(statusOf(object), list);
    for (const name in amounts) checkAmount(name, amounts[name], `status.${list}.${name}`, errors);
  }
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = specOf(object);
  checkTaints(spec, errors);
  checkResources(object, errors);
  const cidrs = arrayAt(spec, 'podCIDRs');
  cidrs.forEach((cidr, index) => {
    checkName(String(cidr), `spec.podCIDRs[${index}]`, cidrProblem, errors);
  });
  if (cidrs.length > 2 || (cidrs.length === 2 && isIPv6(familyOf(cidrs[0])) === isIPv6(familyOf(cidrs[1]))))
    errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'));
  if (!old) return errors;
  const before = specOf(old);
  if (arrayAt(before, 'podCIDRs').length > 0 && !isSame(cidrs, arrayAt(before, 'podCIDRs')))
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (stringAt(before, 'providerID') !== '' && spec.providerID !== before.providerID)
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  return errors;
}

export const nodeKind = defineKind({
  type: nodes,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  subresources: [
    { name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusSubresource('Node', {
      validate: (object) => {
        const errors: FieldError[] = [];
        checkResources(object, errors);
        const seen = new Set<string>();
        objectsAt(statusOf(object), 'addresses').forEach((each, index) => {
          const key = `${stringAt(each, 'type')}/${stringAt(each, 'address')}`;
          if (seen.has(key)) errors.push(duplicate(`status.addresses[${index}]`, each));
          seen.add(key);
        });
        return errors;
      },
    }),
  ],
  setDefaults: (draft) => {
    const status = draft.status;
    if (isJsonObject(status) && status.allocatable === undefined && isJsonObject(status.capacity))
      status.allocatable = { ...status.capacity };
  },
  validate,
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Roles', rolesText),
    ageColumn,
    textColumn('Version', 'status.nodeInfo.kubeletVersion'),
    column('Internal-IP', address('InternalIP'), wide),
    column('External-IP', address('ExternalIP'), wide),
    textColumn('OS-Image', 'status.nodeInfo.osImage', '<unknown>', wide),
    column(
      'Kernel-Version',
      (object) => {
        const kernel = stringAt(info(object), 'kernelVersion') || '<unknown>';
        const machine = stringAt(info(object), 'architecture');
        return machine === '' ? kernel : `${kernel} (${machine})`;
      },
      wide,
    ),
    textColumn('Container-Runtime', 'status.nodeInfo.containerRuntimeVersion', '<unknown>', wide),
  ],
  fields: { 'spec.unschedulable': textField('spec.unschedulable', 'false') },
});
