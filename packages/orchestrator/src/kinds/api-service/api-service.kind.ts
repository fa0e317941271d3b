import { checkName, checkRequired, isPort, portProblem } from '../checks.js';
import { column, metadataOf, specOf, statusOf } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, numberAt, objectsAt, stringAt } from '../json.js';
import { label1035Problem, subdomainProblem } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import { apiServices } from '../refs.js';

const statuses = ['True', 'False', 'Unknown'];

function validate(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const group = stringAt(spec, 'group');
  const version = stringAt(spec, 'version');
  const name = stringAt(metadataOf(object), 'name');
  if (name !== `${version}.${group}`)
    errors.push(
      invalid(
        'metadata.name',
        name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(`${version}.${group}`)}`,
      ),
    );
  if (group === '' && version !== 'v1')
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') checkName(group, 'spec.group', subdomainProblem, errors);
  checkName(version, 'spec.version', label1035Problem, errors);
  const least = numberAt(spec, 'groupPriorityMinimum') ?? 0;
  if (least <= 0 || least > 20_000)
    errors.push(invalid('spec.groupPriorityMinimum', least, 'must be positive and less than 20000'));
  const priority = numberAt(spec, 'versionPriority') ?? 0;
  if (priority <= 0 || priority > 1000)
    errors.push(invalid('spec.versionPriority', priority, 'must be positive and less than 1000'));
  const bundle = stringAt(spec, 'caBundle');
  const skips = spec.insecureSkipTLSVerify === true;
  if (!isJsonObject(spec.service)) {
    if (bundle !== '')
      errors.push(
        invalid(
          'spec.caBundle',
          `${Buffer.from(bundle, 'base64').length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      );
    if (skips)
      errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  checkRequired(spec.service, ['namespace', 'name'], 'spec.service', errors);
  if (!isPort(spec.service.port))
    errors.push(invalid('spec.service.port', spec.service.port ?? 0, `port is not valid: ${portProblem}`));
  if (skips && bundle !== '')
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function availableText(object: JsonObject): string {
  const condition = objectsAt(statusOf(object), 'conditions').find((each) => each.type === 'Available');
  if (!condition) return 'Unknown';
  const status = stringAt(condition, 'status');
  return status === 'True' ? status : `${status} (${stringAt(condition, 'reason')})`;
}

export const apiServiceKind = defineKind({
  type: apiServices,
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  categories: ['api-extensions'],
  nameRule: 'path',
  subresources: [
    statusSubresource('APIService', {
      validate: (object) =>
        objectsAt(statusOf(object), 'conditions').flatMap((condition, index) =>
          statuses.includes(stringAt(condition, 'status'))
            ? []
            : [notSupported(`status.conditions[${index}].status`, condition.status ?? '', statuses)],
        ),
    }),
  ],
  setDefaults: (draft) => {
    const { service } = specOf(draft);
    if (isJsonObject(service)) setDefault(service, 'port', 443);
  },
  prepareForCreate: (draft) => {
    // A local service is this very server: it answers at once.
    draft.status = isJsonObject(specOf(draft).service)
      ? {}
      : {
          conditions: [
            {
              type: 'Available',
              status: 'True',
              lastTransitionTime: metadataOf(draft).creationTimestamp,
              reason: 'Local',
              message: 'Local APIServices are always available',
            },
          ],
        };
  },
  validate,
  columns: [
    nameColumn,
    column('Service', (object) => {
      const { service } = specOf(object);
      return isJsonObject(service) ? `${stringAt(service, 'namespace')}/${stringAt(service, 'name')}` : 'Local';
    }),
    column('Available', availableText),
    ageColumn,
  ],
});
