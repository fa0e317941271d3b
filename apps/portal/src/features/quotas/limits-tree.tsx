'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { QuotaTree, QuotaTreeNode } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { ErrorBox } from '@/ui/error-box';
import { Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { putTree, treeQuery } from './queries';

const usual = ['requests.cpu', 'requests.memory', 'pods'];
const more = ['requests.storage', 'requests.nvidia.com/gpu', 'services', 'routes', 'domains', 'projects'].concat([
  'environments',
  'applications',
  'image-bytes',
  'upload-bytes',
  'build-minutes',
]);

type Limits = Readonly<Record<string, Readonly<Record<string, string>>>>;
const limitsOf = (nodes: readonly QuotaTreeNode[]): Limits =>
  Object.fromEntries(nodes.map(({ path, limits }) => [path, limits]));

/** The limits of a tenant, its projects and environments in one table; first the plan is shown, then it is applied. */
export function LimitsTree({
  tenant,
  mayEditTenant,
  onClose,
}: {
  tenant: string;
  mayEditTenant: boolean;
  onClose: () => void;
}) {
  const t = useTranslations('quotas');
  const tree = useQuery(treeQuery(tenant));
  return (
    <Section title={t('editTree', { tenant })} flush>
      {tree.error && !tree.data ? <ErrorBox error={tree.error} /> : null}
      {tree.data && <Editor tenant={tenant} tree={tree.data} mayEditTenant={mayEditTenant} onClose={onClose} />}
    </Section>
  );
}

function Editor({
  tenant,
  tree,
  mayEditTenant,
  onClose,
}: {
  tenant: string;
  tree: QuotaTree;
  mayEditTenant: boolean;
  onClose: () => void;
}) {
  const t = useTranslations('quotas');
  const announce = useAnnounce();
  const client = useQueryClient();
  // What stood when the editor was opened: what others change meanwhile is found by the version.
  const [start] = useState(tree);
  const [limits, setLimits] = useState(limitsOf(tree.nodes));
  const [added, setAdded] = useState<readonly string[]>([]);
  const [plan, setPlan] = useState<QuotaTree>();
  const [problem, setProblem] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const before = limitsOf(start.nodes);
  const resources = [...new Set([...usual, ...start.nodes.flatMap((node) => Object.keys(node.limits)), ...added])];
  const nameOf = (path: string) => (path === '' ? tenant : path);
  const changed = start.nodes.filter(({ path }) => !isSame(before[path] ?? {}, toWanted(limits[path] ?? {})));

  const send = async (isDryRun: boolean) => {
    setSending(true);
    setProblem(undefined);
    const scopes = changed.map(({ path }) => ({ ...toNames(path), limits: toWanted(limits[path] ?? {}) }));
    try {
      if (scopes.length === 0) return setPlan({ ...start, changes: [], violations: [] });
      const answer = await putTree(tenant, scopes, start.version, isDryRun);
      if (isDryRun) return setPlan(answer);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'quota'] });
      announce(t('saved'));
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  const canApply = plan !== undefined && plan.changes.length > 0 && plan.violations.length === 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send(true);
      }}
    >
      <p className="muted pad">{t('editHelp')}</p>
      <div className="table-frame">
        <table aria-label={t('editTree', { tenant })}>
          <thead>
            <tr>
              <th scope="col">{t('treeScope')}</th>
              {resources.map((resource) => (
                <th key={resource} scope="col">
                  <code>{resource}</code>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {start.nodes.map((node) => (
              <tr key={node.id}>
                <th scope="row" className={`tree-${node.level}`}>
                  {node.name}
                  {node.level === 'tenant' && !mayEditTenant && <div className="muted">{t('tenantFixed')}</div>}
                </th>
                {resources.map((resource) => (
                  <td key={resource}>
                    <Input
                      className="tree-amount"
                      aria-label={t('limitOf', { resource, scope: nameOf(node.path) })}
                      disabled={node.level === 'tenant' && !mayEditTenant}
                      value={limits[node.path]?.[resource] ?? ''}
                      placeholder={t('noLimit')}
                      onChange={(event) => {
                        setPlan(undefined);
                        setLimits({ ...limits, [node.path]: { ...limits[node.path], [resource]: event.target.value } });
                      }}
                    />
                    <div className="muted tree-note tabular">
                      {t('usedShort', { used: node.used[resource] ?? '0' })}
                      {node.granted[resource] && ` · ${t('grantedShort', { granted: node.granted[resource] })}`}
                    </div>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {plan && <Plan plan={plan} nameOf={nameOf} />}
      {problem ? (
        <div className="pad">
          <ErrorBox error={problem} />
        </div>
      ) : null}
      <div className="tree-foot">
        <Select
          aria-label={t('addResource')}
          value=""
          onChange={(resource) => setAdded([...added, resource])}
          options={[
            { value: '', label: t('addResource') },
            ...more.filter((one) => !resources.includes(one)).map((one) => ({ value: one, label: one })),
          ]}
        />
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button htmlType="submit" loading={isSending}>
          {t('plan')}
        </Button>
        <Button type="primary" disabled={!canApply} loading={isSending} onClick={() => void send(false)}>
          {t('apply', { count: plan?.changes.length ?? 0 })}
        </Button>
      </div>
    </form>
  );
}

/** What would change, and why it cannot be. */
function Plan({ plan, nameOf }: { plan: QuotaTree; nameOf: (path: string) => string }) {
  const t = useTranslations('quotas');
  return (
    <div className="pad" aria-live="polite">
      {plan.violations.length > 0 && (
        <div className="error-box" role="alert">
          <strong>{t('violationsTitle')}</strong>
          {plan.violations.map(({ path, resource, sum, room }) => (
            <p key={`${path} ${resource}`}>{t('violation', { scope: nameOf(path), resource, sum, room })}</p>
          ))}
        </div>
      )}
      <p className="strong">{t('changesTitle', { count: plan.changes.length })}</p>
      <ul className="rows">
        {plan.changes.map((change) => (
          <li key={`${change.path} ${change.resource}`}>
            {nameOf(change.path)} <code>{change.resource}</code>{' '}
            {t('change', {
              before: change.before ?? t('noLimit'),
              after: change.after ?? t('noLimit'),
              used: change.used,
            })}
            {change.isOver && <strong> · {t('wouldBeOver')}</strong>}
          </li>
        ))}
      </ul>
    </div>
  );
}

const toWanted = (limits: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(limits).flatMap(([resource, amount]) => (amount.trim() === '' ? [] : [[resource, amount.trim()]])),
  );

const isSame = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, amount]) => b[key] === amount);

function toNames(path: string): { project?: string; environment?: string } {
  const [project, environment] = path.split('/');
  return { ...(project ? { project } : {}), ...(environment ? { environment } : {}) };
}
