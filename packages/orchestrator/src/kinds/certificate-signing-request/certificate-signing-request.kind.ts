import { X509Certificate } from 'node:crypto';
import { checkName } from '../checks.js';
import { column, specOf, statusOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, durationText, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isSame, type JsonObject, numberAt, objectsAt, stringAt } from '../json.js';
import { domainPathProblem } from '../names.js';
import { certificateSigningRequests } from '../refs.js';
import { parseCertificateRequest } from './request.js';

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const decided = ['Approved', 'Denied', 'Failed'];

function checkConditions(object: JsonObject, errors: FieldError[]): void {
  const at = 'status.conditions';
  const seen = new Set<string>();
  objectsAt(statusOf(object), 'conditions').forEach((condition, index) => {
    const type = stringAt(condition, 'type');
    const status = stringAt(condition, 'status');
    const allowed = decided.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (type === '') errors.push(required(`${at}[${index}].type`));
    if (status === '') errors.push(required(`${at}[${index}].status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}[${index}].status`, status, allowed));
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved')))
      errors.push(invalid(at, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${at}[${index}].type`, type));
    seen.add(type);
  });
}

function requestProblem(request: string): string | undefined {
  try {
    parseCertificateRequest(request);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const pemBlock = /-----BEGIN ([^-\n]+)-----([^-]*)-----END \1-----/g;

/** What is wrong with a chain of certificates: PEM, in base64. */
function certificateProblem(certificate: string): string | undefined {
  const blocks = [...Buffer.from(certificate, 'base64').toString('latin1').matchAll(pemBlock)];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const [block, label, body = ''] of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`;
    if (body.includes(':')) return 'no PEM block headers are permitted';
    try {
      new X509Certificate(block);
    } catch {
      return 'a CERTIFICATE PEM block cannot be parsed';
    }
  }
  return undefined;
}

function validateSpec(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const problem = requestProblem(stringAt(spec, 'request'));
  if (problem) errors.push(invalid('spec.request', spec.request ?? '', problem));
  const given = arrayAt(spec, 'usages').map(String);
  if (given.length === 0) errors.push(required('spec.usages'));
  given.forEach((usage, index) => {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages));
    if (given.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage));
  });
  const signer = stringAt(spec, 'signerName');
  if (signer === '') errors.push(required('spec.signerName'));
  else if (signer === 'kubernetes.io/legacy-unknown')
    errors.push(invalid('spec.signerName', signer, 'the legacy signerName is not allowed via this API version'));
  else checkName(signer, 'spec.signerName', domainPathProblem, errors);
  const seconds = numberAt(spec, 'expirationSeconds');
  if (seconds !== undefined && seconds < 600)
    errors.push(
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    );
  return errors;
}

const ofType = (object: JsonObject, type: string) =>
  objectsAt(statusOf(object), 'conditions').filter((each) => each.type === type);

/** What a path may change: conditions of a decision through approval, the certificate through status. */
function validateChange(object: JsonObject, old: JsonObject, mayDecide: boolean, mayIssue: boolean): FieldError[] {
  const errors: FieldError[] = [];
  checkConditions(object, errors);
  const at = 'status.conditions';
  for (const type of decided)
    if (ofType(object, type).length < ofType(old, type).length)
      errors.push(forbidden(at, `updates may not remove a condition of type ${JSON.stringify(type)}`));
  if (!mayDecide)
    for (const type of ['Approved', 'Denied']) {
      const now = ofType(object, type);
      const before = ofType(old, type);
      if (now.length > before.length)
        errors.push(forbidden(at, `updates may not add a condition of type ${JSON.stringify(type)}`));
      else if (now.length === before.length && !isSame(now, before))
        errors.push(forbidden(at, `updates may not modify a condition of type ${JSON.stringify(type)}\n`));
    }
  const issued = stringAt(statusOf(object), 'certificate');
  const had = stringAt(statusOf(old), 'certificate');
  if (issued === had) return errors;
  const field = 'status.certificate';
  if (!mayIssue) errors.push(forbidden(field, 'updates may not set certificate content'));
  else if (had !== '') errors.push(forbidden(field, 'updates may not modify existing certificate content'));
  else {
    const problem = certificateProblem(issued);
    if (problem) errors.push(invalid(field, '<certificate data>', problem));
  }
  return errors;
}

/** A condition says when it was written, and since when it has its status. */
function stampConditions(draft: JsonObject, old: JsonObject, now: string): void {
  const before = objectsAt(statusOf(old), 'conditions');
  for (const condition of objectsAt(statusOf(draft), 'conditions')) {
    if (stringAt(condition, 'lastUpdateTime') === '') condition.lastUpdateTime = now;
    if (stringAt(condition, 'lastTransitionTime') !== '') continue;
    const same = before.find((each) => each.type === condition.type && each.status === condition.status);
    condition.lastTransitionTime = stringAt(same, 'lastTransitionTime') || now;
  }
}

function conditionText(object: JsonObject): string {
  const has = (type: string) => ofType(object, type).length > 0;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const issued = stringAt(statusOf(object), 'certificate') === '' ? '' : ',Issued';
  return `${decision}${has('Failed') ? ',Failed' : ''}${issued}`;
}

export const certificateSigningRequestKind = defineKind({
  type: certificateSigningRequests,
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  shortNames: ['csr'],
  nameRule: 'path',
  subresources: [
    {
      name: 'approval',
      kind: 'CertificateSigningRequest',
      verbs: ['get', 'patch', 'update'],
      prepare: (draft, old, now) => {
        stampConditions(draft, old, now);
        const { conditions } = statusOf(draft);
        draft.spec = old.spec;
        draft.status = { ...statusOf(old), ...(conditions !== undefined && { conditions }) };
      },
      validate: (object, old) => validateChange(object, old, true, false),
    },
    statusSubresource('CertificateSigningRequest', {
      prepare: stampConditions,
      validate: (object, old) => validateChange(object, old, false, true),
    }),
  ],
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.spec = old.spec;
  },
  validate: (object, old) => (old ? [] : validateSpec(object)),
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', (object) => stringAt(specOf(object), 'signerName') || '<none>'),
    textColumn('Requestor', 'spec.username'),
    column('RequestedDuration', (object) => {
      const seconds = numberAt(specOf(object), 'expirationSeconds');
      return seconds === undefined ? '<none>' : durationText(seconds);
    }),
    column('Condition', conditionText),
  ],
  fields: { 'spec.signerName': textField('spec.signerName') },
});
