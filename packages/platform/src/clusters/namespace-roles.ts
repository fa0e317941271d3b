import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import { clusterRoleBindings, clusterRoles, namespaces, roleBindings } from '@slipway/orchestrator/kinds';
import {
  type NamespacePart,
  type NamespacePlace,
  ProvidesInNamespace,
} from '../environments/namespace-parts.service.js';
import { permissionsOfRole, roles } from '../kernel/access/permissions.js';
import { managedBy, toSelector } from '../kernel/kubernetes/labels.js';
import { auditorGroup, auditorRules, capabilities, type KubeRule, toGroup, toRules } from './kube-permissions.rules.js';

const part = { ...managedBy, 'app.kubernetes.io/part-of': 'slipway-access' };
const rbac = 'rbac.authorization.k8s.io';
const apiVersion = `${rbac}/v1`;
const auditorRole = 'slipway-auditor';

/** The roles of a namespace by their names without `slipway-`: what each is bound to and what it may do. */
const namespaceRoles: readonly { readonly name: string; readonly rules: readonly KubeRule[] }[] = [
  ...roles.map((role) => ({ name: role, rules: toRules(permissionsOfRole[role]) })),
  ...capabilities.map(({ name, needs }) => ({ name: `can-${name}`, rules: toRules(needs) })),
];

/**
 * Binds the roles of the namespace's tenant and project, by the groups that the door (or an identity provider) names. No
 * member is written into a cluster: who is one is said with each request.
 */
@ProvidesInNamespace({ step: 'roles', order: 50 })
@Injectable()
export class NamespaceRoles implements NamespacePart {
  private readonly done = new WeakMap<KubeClient, Promise<void>>();

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    await this.ensureClusterRoles(client);
    await this.ensureLabels(client, place);
    const { namespace } = place;
    const present = await client.list(roleBindings, { namespace, labelSelector: toSelector(part) });
    for (const { name } of namespaceRoles) {
      const wanted = [toGroup(place.tenantId, name), toGroup(place.projectId, name)];
      const existing = present.items.find((binding) => binding.metadata.name === `slipway-${name}`);
      const bound = existing?.subjects?.map((subject) => subject.name) ?? [];
      if (existing?.roleRef.name === `slipway-${name}` && `${bound}` === `${wanted}`) continue;
      const binding = {
        apiVersion,
        kind: 'RoleBinding',
        metadata: { name: `slipway-${name}`, namespace, labels: part },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `slipway-${name}` },
        subjects: wanted.map((group) => ({ apiGroup: rbac, kind: 'Group', name: group })),
      };
      await client.patch(roleBindings, `slipway-${name}`, namespace, binding, { type: 'apply', force: true });
    }
  }

  /** The ClusterRoles, once for each cluster and process. */
  private ensureClusterRoles(client: KubeClient): Promise<void> {
    const running = this.done.get(client) ?? applyClusterRoles(client);
    this.done.set(client, running);
    // What failed is tried again by the next.
    running.catch(() => this.done.delete(client));
    return running;
  }

  private async ensureLabels(client: KubeClient, { namespace, tenantId, projectId }: NamespacePlace): Promise<void> {
    const labels = { 'slipway.dev/tenant-id': tenantId, 'slipway.dev/project-id': projectId };
    const { metadata } = await client.get(namespaces, namespace);
    if (Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)) return;
    await client.patch(namespaces, namespace, undefined, { metadata: { labels } }, { type: 'merge' });
  }
}

async function applyClusterRoles(client: KubeClient): Promise<void> {
  const all = [...namespaceRoles, { name: 'auditor', rules: auditorRules }];
  for (const { name, rules } of all) {
    const role = { apiVersion, kind: 'ClusterRole', metadata: { name: `slipway-${name}`, labels: part }, rules };
    await client.patch(clusterRoles, `slipway-${name}`, undefined, role, { type: 'apply', force: true });
  }
  const binding = {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: auditorRole, labels: part },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: auditorRole },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: auditorGroup }],
  };
  await client.patch(clusterRoleBindings, auditorRole, undefined, binding, { type: 'apply', force: true });
}
