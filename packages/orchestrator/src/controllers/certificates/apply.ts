import { isConflict, isNotFound, type KubeClient, toKubeError } from '../../client/index.js';
import { type CertificateSigningRequest, certificateSigningRequests } from '../../kinds/index.js';
import { type Clock, toTime } from '../../runtime/index.js';
import type { Action, Permission } from './plan.js';

const messages: Readonly<Record<Permission, string>> = {
  selfnodeclient: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  nodeclient: 'Auto approving kubelet client certificate after SubjectAccessReview.',
};

/** Performs one action; false where its requester lacks the permission. Throws 409 where the request has changed. */
export async function apply(
  action: Action,
  request: CertificateSigningRequest,
  { client, clock }: { client: KubeClient; clock: Clock },
): Promise<boolean> {
  switch (action.do) {
    case 'approve': {
      const granted = await firstGranted(client, request, action.permissions);
      if (!granted) return false;
      const now = toTime(clock.now());
      const condition = {
        type: 'Approved',
        status: 'True',
        reason: 'AutoApproved',
        message: messages[granted],
        lastUpdateTime: now,
        lastTransitionTime: now,
      };
      const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] };
      await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'approval' });
      return true;
    }
    case 'delete':
      await client
        .delete(certificateSigningRequests, request.metadata.name, undefined, { uid: action.uid })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
      return true;
    default:
      return action satisfies never;
  }
}

async function firstGranted(
  client: KubeClient,
  { spec }: CertificateSigningRequest,
  permissions: readonly Permission[],
): Promise<Permission | undefined> {
  for (const subresource of permissions) {
    const resource = 'certificatesigningrequests';
    const resourceAttributes = { group: 'certificates.k8s.io', version: '*', resource, subresource, verb: 'create' };
    const { username: user, uid, groups, extra } = spec;
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, uid, groups, extra, resourceAttributes },
    };
    const answer = await client.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: review });
    const body = (await answer.json()) as { status?: { allowed?: boolean } };
    if (!answer.ok) throw toKubeError(body, answer.status);
    if (body.status?.allowed === true) return subresource;
  }
  return undefined;
}
