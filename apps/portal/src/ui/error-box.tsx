'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { ApiProblem } from '../lib/problem';
import { CopyButton } from './copy';

/** What happened, why, and what to do next; with the code and the request's id to copy. */
export function ErrorBox({ error, action }: { error: unknown; action?: React.ReactNode }) {
  const t = useTranslations('error');
  const problem = error instanceof ApiProblem ? error : undefined;
  const title = problem ? (problem.status === 404 ? t('notFound') : problem.title) : t('connection');
  const detail = problem ? problem.detail : t('connectionDetail');
  const code = problem?.code ?? 'network';
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
      {problem?.fields.map((field) => (
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
