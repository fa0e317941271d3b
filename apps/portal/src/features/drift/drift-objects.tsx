'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useMay } from '@/features/identity/use-may';
import { environmentsQuery } from '@/features/projects/queries';
import type { DriftItem } from '@/lib/contract';
import { type ApplicationRef, toTenantAudit } from '@/lib/paths';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { type DriftObject, groupByObject, keyOf, nameOf, toKubernetesPath, toValueText } from './drift-state';
import { lastWriterQuery } from './queries';

/** Object by object and field by field: what was released, what is there, since when, and who let it be. */
export function DriftObjects({
  application: ref,
  items,
}: {
  application: ApplicationRef;
  items: readonly DriftItem[];
}) {
  const may = useMay(ref);
  const environment = useQuery(environmentsQuery(ref)).data?.find(({ name }) => name === ref.environment);
  return groupByObject(items).map((object) => (
    <section key={nameOf(object)} className="drift-object" aria-label={nameOf(object)}>
      <header className="drift-head">
        <h3>
          <code className="break">{nameOf(object)}</code>
        </h3>
        {environment && may('audit:read') && (
          <LastWriter application={ref} namespace={environment.namespace} object={object} />
        )}
      </header>
      <ul>
        {object.items.map((item) => (
          <Field key={keyOf(item)} item={item} />
        ))}
      </ul>
    </section>
  ));
}

function Field({ item }: { item: DriftItem }) {
  const t = useTranslations('drift');
  return (
    <li className="drift-field">
      <div className="drift-what">
        {item.path ? <code className="break strong">{item.path}</code> : <span className="strong">{t('object')}</span>}
        <span className="muted">
          {t(`changes.${item.change}`)} · {t('since')} <Time at={item.since} />
        </span>
      </div>
      {item.isHidden ? (
        <p className="muted">{t('hidden')}</p>
      ) : (
        item.change !== 'deleted' && (
          <div className="drift-values">
            <Side label={t('wanted')} value={item.wanted} />
            <span className="drift-arrow muted" aria-hidden="true">
              →
            </span>
            <Side label={t('found')} value={item.found} isLive />
          </div>
        )
      )}
      {item.accepted && (
        <p className="break">
          <StatusBadge state="idle" label={t('acceptedBy', { user: item.accepted.by })} quiet />{' '}
          <span className="muted">
            {item.accepted.reason} · <Time at={item.accepted.at} />
          </span>
        </p>
      )}
    </li>
  );
}

function Side({ label, value, isLive }: { label: string; value: unknown; isLive?: boolean }) {
  const t = useTranslations('drift');
  const text = toValueText(value);
  return (
    <div className={isLive ? 'drift-side drift-live' : 'drift-side'}>
      <span className="muted">{label}</span>
      {text === undefined ? <span className="muted">{t('nothing')}</span> : <code>{text}</code>}
    </div>
  );
}

/** Who wrote it last through the platform; past it, with the cluster's own credentials, nobody is known. */
function LastWriter({
  application: ref,
  namespace,
  object,
}: {
  application: ApplicationRef;
  namespace: string;
  object: DriftObject;
}) {
  const t = useTranslations('drift');
  const event = useQuery(lastWriterQuery(ref, namespace, object)).data;
  if (event === undefined) return null;
  if (event === null) return <span className="muted">{t('writerUnknown')}</span>;
  return (
    <span className="muted">
      {event.impersonator
        ? t('writtenFor', { user: event.impersonator, other: event.actor })
        : t('writtenBy', { user: event.actor })}{' '}
      <Time at={event.at} /> ·{' '}
      <Link
        className="underlined"
        href={`${toTenantAudit(ref.tenant)}?resource=${encodeURIComponent(toKubernetesPath(namespace, object))}`}
      >
        {t('toAudit')}
      </Link>
    </span>
  );
}
