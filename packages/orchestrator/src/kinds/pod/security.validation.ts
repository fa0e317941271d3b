import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';

const most = 2147483647;
const idProblem = (value: Json | undefined): string | undefined =>
  typeof value === 'number' && (value < 0 || value > most) ? `must be between 0 and ${most}, inclusive` : undefined;

function checkId(holder: JsonObject, key: string, at: string, errors: FieldError[]): void {
  const problem = idProblem(holder[key]);
  if (problem) errors.push(invalid(`${at}.${key}`, holder[key], problem));
}

function checkProfile(holder: JsonObject, key: string, kind: string, at: string, errors: FieldError[]): void {
  const profile = holder[key];
  if (!isJsonObject(profile)) return;
  const field = `${at}.${key}`;
  const type = stringAt(profile, 'type');
  const local = stringAt(profile, 'localhostProfile');
  if (type === '') errors.push(required(`${field}.type`, `type is required when ${key} is set`));
  else if (!['Localhost', 'RuntimeDefault', 'Unconfined'].includes(type))
    errors.push(notSupported(`${field}.type`, type, ['Localhost', 'RuntimeDefault', 'Unconfined']));
  if (type === 'Localhost' && local === '')
    errors.push(required(`${field}.localhostProfile`, `must be set when ${kind} type is Localhost`));
  const isOther = type === 'RuntimeDefault' || type === 'Unconfined' || kind === 'seccomp';
  if (type !== 'Localhost' && isOther && profile.localhostProfile !== undefined)
    errors.push(
      invalid(
        `${field}.localhostProfile`,
        kind === 'seccomp' ? profile : local,
        `can only be set when ${kind} type is Localhost`,
      ),
    );
}

/** A container's security context. */
export function checkSecurityContext(context: JsonObject, at: string, hostUsers: boolean, errors: FieldError[]): void {
  checkId(context, 'runAsUser', at, errors);
  checkId(context, 'runAsGroup', at, errors);
  const proc = context.procMount;
  if (proc !== undefined && proc !== 'Default' && proc !== 'Unmasked')
    errors.push(notSupported(`${at}.procMount`, proc, ['Default', 'Unmasked']));
  if (proc === 'Unmasked' && hostUsers)
    errors.push(invalid(`${at}.procMount`, proc, '`hostUsers` must be false to use `Unmasked`'));
  checkProfile(context, 'seccompProfile', 'seccomp', at, errors);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true)
      errors.push(invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    const { add } = objectAt(context, 'capabilities');
    if (Array.isArray(add) && add.includes('CAP_SYS_ADMIN'))
      errors.push(
        invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'),
      );
  }
  checkProfile(context, 'appArmorProfile', 'AppArmor', at, errors);
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

/** A pod's security context. */
export function checkPodSecurityContext(spec: JsonObject, at: string, errors: FieldError[]): void {
  const context = spec.securityContext;
  if (!isJsonObject(context)) return;
  const field = `${at}.securityContext`;
  for (const key of ['fsGroup', 'runAsUser', 'runAsGroup']) checkId(context, key, field, errors);
  if (Array.isArray(context.supplementalGroups))
    context.supplementalGroups.forEach((group, index) => {
      const problem = idProblem(group);
      if (problem) errors.push(invalid(`${field}.supplementalGroups[${index}]`, group, problem));
    });
  if (spec.shareProcessNamespace === true && spec.hostPID === true)
    errors.push(
      invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  const names = new Set<string>();
  objectsAt(context, 'sysctls').forEach((sysctl, index) => {
    const name = stringAt(sysctl, 'name');
    const place = `${field}.sysctls[${index}].name`;
    if (name === '') errors.push(required(place));
    else if (name.length > 253 || !sysctlName.test(name))
      errors.push(
        invalid(
          place,
          name,
          `must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
        ),
      );
    else if (names.has(name)) errors.push(duplicate(place, name));
    names.add(name);
  });
  const { fsGroupChangePolicy: change, supplementalGroupsPolicy: groups, seLinuxChangePolicy: linux } = context;
  if (change !== undefined && change !== 'Always' && change !== 'OnRootMismatch')
    errors.push(notSupported(`${field}.fsGroupChangePolicy`, change, ['Always', 'OnRootMismatch']));
  checkProfile(context, 'seccompProfile', 'seccomp', field, errors);
  checkProfile(context, 'appArmorProfile', 'AppArmor', field, errors);
  if (groups !== undefined && groups !== 'Merge' && groups !== 'Strict')
    errors.push(notSupported(`${field}.supplementalGroupsPolicy`, groups, ['Merge', 'Strict']));
  if (linux !== undefined && linux !== 'Recursive')
    errors.push(notSupported(`${field}.seLinuxChangePolicy`, linux, ['Recursive']));
}
