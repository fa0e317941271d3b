'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { toQuota } from '../lib/paths';
import { ApiProblem } from '../lib/problem';
import { CopyButton } from './copy';
import { LinkButton } from './link-button';

/** What happened, why, and what to do next; with the code and the request's id to copy. */
export function ErrorBox({ error, action }: { error: unknown; action?: React.ReactNode }) {
  const t = useTranslations('error');
  const problem = error instanceof ApiProblem ? error : undefined;
  const title = problem ? (problem.status === 404 ? t('notFound') : problem.title) : t('connection');
  const detail = problem ? problem.detail : t('connectionDetail');
  const code = problem?.code ?? 'network';
  const isQuota = code === 'quota-exceeded';
  // A quota's only field says where the quota is, which the detail says in words.
  const fields = isQuota ? [] : (problem?.fields ?? []);
  const report = [
    title,
    detail,
    problem?.remedy,
    `code: ${code}`,
    problem?.requestId && `request: ${problem.requestId}`,
  ]
    .filter(Boolean)
    .join('\n');
  return (
    <div className="error-box" role="alert">
      <div className="error-head">
        <span aria-hidden="true" className="error-shape">
          ■
        </span>
        <strong>{title}</strong>
      </div>
      {detail && detail !== title && <p>{detail}</p>}
      {fields.map((field) => (
        <p key={field.path}>
          <code>{field.path}</code> {field.message}
        </p>
      ))}
      {problem?.remedy && <p>{problem.remedy}</p>}
      <div className="error-foot">
        <code>{code}</code>
        {problem?.requestId && <code className="muted">{problem.requestId}</code>}
        <CopyButton text={report} label={t('copy')} />
        {(problem?.status === 403 || problem?.status === 404) && <AskForAccess />}
        {isQuota && <AskForQuota field={problem?.fields[0]?.path ?? ''} />}
        {action}
      </div>
    </div>
  );
}

/** On a tenant's pages: what is forbidden or not found may be there for whom somebody lets in. */
function AskForAccess() {
  const t = useTranslations('requests');
  const [, section, tenant, within, project] = (usePathname() ?? '').split('/');
  if (section !== 't' || !tenant) return null;
  const place = within === 'p' && project ? `${tenant}/${project}` : tenant;
  return <Link href={`/requests?ask=${place}`}>{t('ask')}</Link>;
}

/** Leads to where more can be asked for of what was refused. `field`: `tenants/acme/projects/shop/quota#pods`. */
function AskForQuota({ field }: { field: string }) {
  const t = useTranslations('quotas');
  const [, tenant, project, environment, ask] =
    /^tenants\/([^/]+)(?:\/projects\/([^/]+))?(?:\/environments\/([^/]+))?\/quota#(.+)$/.exec(field) ?? [];
  if (!tenant || !ask) return null;
  return (
    <LinkButton href={toQuota({ tenant, project, environment, ask: ask })} primary>
      {t('ask')}
    </LinkButton>
  );
}
