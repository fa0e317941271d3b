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
  options: { template?: JsonObject } = {},
): FieldError[] {
  const errors: FieldError[] = [];
  const template = options.template ?? objectAt(spec, 'template');
  const selector = isJsonObject(spec.selector) ? spec.selector : undefined;
  if (!selector) {
    if (kind !== 'DaemonSet') errors.push(required('spec.selector'));
  } else {
    errors.push(...validateLabelSelector(selector, 'spec.selector'));
    if (isEmptySelector(selector))
      errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${emptyName}`));
  }
  const isReadable = errors.every((each) => !isUnreadable(each));
  if (!isReadable && kind !== 'DaemonSet') {
    errors.push(
      kind === 'StatefulSet'
        ? { ...invalid('spec.selector', selector, ''), message: `Invalid value: ${JSON.stringify(selector)}` }
        : invalid('spec.selector', selector, 'invalid label selector'),
    );
    return errors;
  }
  // An absent selector selects nothing.
  if (isReadable && !(selector && selectsTemplate(selector, template)))
    errors.push(
      invalid(
        'spec.template.metadata.labels',
        objectAt(template, 'metadata').labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  errors.push(...validatePodTemplate(template, 'spec.template'), ...validateEndless(template, kind));
  return errors;
}

/** True of an error for which a selector cannot be used at all. */
const isUnreadable = (error: FieldError) => error.field !== 'spec.selector';

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
