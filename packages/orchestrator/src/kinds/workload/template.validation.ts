import { isEmptySelector, selectsTemplate } from '../checks.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { validatePodTemplate } from '../pod/pod.validation.js';

/**
 * The selector of `spec` and its pod template together, as kinds ask that keep pods running. `emptyName` is what an empty
 * selector's message calls the kind, `kind` what the others do.
 */
export function validateSelectedTemplate(
  spec: JsonObject,
  kind: string,
  emptyName: string,
  options: { template?: JsonObject; mayLackSelector?: boolean } = {},
): FieldError[] {
  const errors: FieldError[] = [];
  const template = options.template ?? objectAt(spec, 'template');
  const { selector } = spec;
  if (!isJsonObject(selector)) {
    if (!options.mayLackSelector) errors.push(required('spec.selector'));
  } else {
    const wrong = validateLabelSelector(selector, 'spec.selector');
    errors.push(...wrong);
    if (isEmptySelector(selector))
      errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${emptyName}`));
    else if (wrong.length > 0) {
      if (kind !== 'DaemonSet')
        errors.push(invalid('spec.selector', selector, kind === 'StatefulSet' ? '' : 'invalid label selector'));
    } else if (!selectsTemplate(selector, template))
      errors.push(
        invalid(
          'spec.template.metadata.labels',
          objectAt(template, 'metadata').labels ?? null,
          '`selector` does not match template `labels`',
        ),
      );
  }
  errors.push(...validatePodTemplate(template, 'spec.template'), ...validateEndless(template, kind));
  return errors;
}

/** Pods that are kept running always restart, without a deadline. */
export function validateEndless(template: JsonObject, kind: string): FieldError[] {
  const pod = objectAt(template, 'spec');
  const errors: FieldError[] = [];
  if (pod.restartPolicy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', stringAt(pod, 'restartPolicy'), ['Always']));
  if (pod.activeDeadlineSeconds !== undefined)
    errors.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  return errors;
}
