import { checkName, cidrProblem, isIPv6 } from '../checks.js';
import { column, specOf, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { pathProblems, subdomainProblems } from '../names.js';
import { ipAddresses, serviceCIDRs } from '../refs.js';

export const serviceCidrKind = defineKind({
  type: serviceCIDRs,
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  subresources: [statusSubresource('ServiceCIDR')],
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const cidrs = arrayAt(specOf(object), 'cidrs').map(String);
    if (cidrs.length === 0) errors.push(required('spec.cidrs', 'at least one CIDR required'));
    else if (cidrs.length > 2 || (cidrs.length === 2 && isIPv6(base(cidrs[0])) === isIPv6(base(cidrs[1]))))
      errors.push(
        invalid(
          'spec.cidrs',
          cidrs,
          'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
        ),
      );
    cidrs.forEach((cidr, index) => {
      checkName(cidr, `spec.cidrs[${index}]`, cidrProblem, errors);
    });
    return [...errors, ...immutable(object, old, ['spec.cidrs'])];
  },
  columns: [nameColumn, column('CIDRs', (object) => arrayAt(specOf(object), 'cidrs').map(String).join(',')), ageColumn],
});

const base = (cidr: string | undefined): string => (cidr ?? '').split('/')[0] ?? '';

function parentText(object: JsonObject): string {
  const parent = specOf(object).parentRef;
  if (!isJsonObject(parent)) return '<none>';
  const group = stringAt(parent, 'group');
  const resource = `${stringAt(parent, 'resource')}${group === '' ? '' : `.${group}`}`.toLowerCase();
  const namespace = stringAt(parent, 'namespace');
  return `${resource}${namespace === '' ? '' : `/${namespace}`}/${stringAt(parent, 'name')}`;
}

export const ipAddressKind = defineKind({
  type: ipAddresses,
  schema: 'io.k8s.api.networking.v1.IPAddress',
  shortNames: ['ip'],
  nameRule: 'ip',
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const parent = specOf(object).parentRef;
    if (!isJsonObject(parent)) errors.push(required('spec.parentRef'));
    else {
      const at = 'spec.parentRef';
      if (stringAt(parent, 'group') !== '')
        checkName(stringAt(parent, 'group'), `${at}.group`, subdomainProblems, errors);
      if (stringAt(parent, 'namespace') !== '')
        checkName(stringAt(parent, 'namespace'), `${at}.namespace`, pathProblems, errors);
      for (const key of ['resource', 'name']) {
        if (stringAt(parent, key) === '') errors.push(required(`${at}.${key}`));
        else checkName(stringAt(parent, key), `${at}.${key}`, pathProblems, errors);
      }
    }
    return [...errors, ...immutable(object, old, ['spec.parentRef'])];
  },
  columns: [nameColumn, column('ParentRef', parentText), ageColumn],
  fields: { 'spec.parentRef.name': textField('spec.parentRef.name') },
});
