import {
  isSame,
  type JsonObject,
  type KindDefinition,
  kubernetesSigners,
  objectAt,
  objectsAt,
  parseCertificateRequest,
  stringAt,
} from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin } from '../admission/admission.js';
import { forbidden } from '../api-error.js';
import type { User } from '../authentication.js';
import { isAllowed } from '../authorization.js';

const group = 'certificates.k8s.io';
const isRequest = ({ type }: KindDefinition) => type.group === group && type.plural === 'certificatesigningrequests';

const specOf = (object: JsonObject | undefined) => objectAt(object, 'spec');
const statusOf = (object: JsonObject | undefined) => objectAt(object, 'status');

/** A request says who made it, whatever it said itself. */
export const requesterAdmission: AdmissionPlugin = {
  name: 'CertificateRequester',
  handles: (kind, operation, subresource) => isRequest(kind) && operation === 'CREATE' && subresource === '',
  mutate: ({ object, context: { user } }) => {
    const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = specOf(object);
    if (object) object.spec = { ...spec, ...requesterOf(user) };
  },
};

const requesterOf = ({ name, uid, groups, extra }: User): JsonObject => ({
  username: name,
  ...(uid !== undefined && uid !== '' && { uid }),
  ...(groups.length > 0 && { groups: [...groups] }),
  ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
});

/** Nobody becomes an administrator by a request that is approved without a look at its groups. */
export const certificateSubjectAdmission: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (kind, operation, subresource) => isRequest(kind) && operation === 'CREATE' && subresource === '',
  validate: ({ kind, name, object }) => {
    const spec = specOf(object);
    if (spec.signerName !== kubernetesSigners.client) return;
    const { organizations } = parseCertificateRequest(stringAt(spec, 'request'));
    if (organizations.includes('system:masters'))
      throw forbidden(
        kind.type,
        name,
        `use of ${kubernetesSigners.client} signer with system:masters group is not allowed`,
      );
  },
};

/** Who decides on a request needs leave to `approve` for its signer. */
export function certificateApprovalAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (kind, operation, subresource) => isRequest(kind) && operation === 'UPDATE' && subresource === 'approval',
    validate: ({ kind, name, object, context }) => {
      const signer = stringAt(specOf(object), 'signerName');
      if (!mayForSigner(store, context.user, 'approve', signer))
        throw forbidden(
          kind.type,
          name,
          `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`,
        );
    },
  };
}

/** Who hands out a certificate, or gives a request up, needs leave to `sign` for its signer. */
export function certificateSigningAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (kind, operation, subresource) => isRequest(kind) && operation === 'UPDATE' && subresource === 'status',
    validate: ({ kind, name, object, old, context }) => {
      const [now, before] = [statusOf(object), statusOf(old)];
      const isUntouched =
        now.certificate === before.certificate && isSame(objectsAt(now, 'conditions'), objectsAt(before, 'conditions'));
      const signer = stringAt(specOf(old), 'signerName');
      if (!isUntouched && !mayForSigner(store, context.user, 'sign', signer))
        throw forbidden(
          kind.type,
          name,
          `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`,
        );
    },
  };
}

/** By the signer's name, or by `domain/*` for all of its domain. */
function mayForSigner(store: Store, user: User, verb: string, signer: string): boolean {
  const wanted = { verb, group, resource: 'signers', subresource: '', namespace: '' };
  const [domain = ''] = signer.split('/');
  return [signer, `${domain}/*`].some((name) => isAllowed(store, user, { ...wanted, name }));
}
