'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { toCli } from '@/lib/cli';
import type { Train } from '@/lib/contract';
import { type ProjectRef, toRollout } from '@/lib/paths';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Facts, Page, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { trainQuery } from './queries';
import { TrainButtons } from './train-buttons';
import { type Car, stagesOf, toneOf } from './train-state';

/** A train as it goes: its cars in their order, what each does or waits for, and what can be asked of it. */
export function TrainPage({ place, name }: { place: ProjectRef; name: string }) {
  const t = useTranslations('trains');
  const asked = useQuery(trainQuery(place, name));
  const train = asked.data;
  if (asked.error && !train) return <ErrorBox error={asked.error} />;
  if (!train) return null;
  const base = `/api/v1/tenants/${place.tenant}/projects/${place.project}/trains/${name}`;
  const { lane } = train;
  return (
    <Page
      title={t('of', { name })}
      status={<StatusBadge state={train.state} />}
      description={t('into', { environment: train.environment })}
      actions={
        <Equivalents
          items={[
            { title: t('watch'), cli: toCli(`trains status ${name} -w`, place), api: `GET ${base}` },
            { title: t('verbs.promote'), cli: toCli(`trains promote ${name}`, place), api: `POST ${base}/promote` },
            { title: t('verbs.pause'), cli: toCli(`trains pause ${name}`, place), api: `POST ${base}/pause` },
            { title: t('verbs.abort'), cli: toCli(`trains abort ${name}`, place), api: `POST ${base}/abort` },
          ]}
        />
      }
    >
      <Section title={t('progress')}>
        <Facts
          items={[
            { label: t('gate'), value: t(`gates.${train.gate}`) },
            { label: t('onFailure'), value: t(`failures.${train.onFailure}`) },
            ...(lane
              ? [{ label: t('lane'), value: <code className="break">{`${lane.header}: ${lane.value}`}</code> }]
              : []),
            { label: t('by'), value: train.createdBy },
            { label: t('started'), value: <Time at={train.createdAt} /> },
            ...(train.finishedAt ? [{ label: t('finished'), value: <Time at={train.finishedAt} /> }] : []),
          ]}
        />
        {train.reason && (
          <p className={train.state === 'failed' ? 'error-text break' : 'muted break'} role="status">
            {train.reason}
          </p>
        )}
        <TrainButtons place={place} train={train} />
      </Section>
      <Section title={t('cars')}>
        <ol className="train-line">
          {stagesOf(train.cars).map((stage) => (
            <li key={stage.map(({ application }) => application).join()} className="train-stage">
              {stage.map((car) => (
                <CarCard key={car.application} place={place} train={train} car={car} />
              ))}
            </li>
          ))}
        </ol>
      </Section>
    </Page>
  );
}

function CarCard({ place, train, car }: { place: ProjectRef; train: Train; car: Car }) {
  const t = useTranslations('trains');
  const ref = { ...place, environment: train.environment, application: car.application };
  const { previousRelease: from, release: to } = car;
  return (
    <article className="train-car" aria-label={car.application}>
      <div>
        <span className="strong">{car.application}</span>{' '}
        <StatusBadge state={car.state} tone={toneOf[car.state]} label={t(`carStates.${car.state}`)} />
      </div>
      <div className="muted">{from === null ? t('first', { to }) : t('change', { from, to })}</div>
      {car.after.length > 0 && <div className="muted break">{t('after', { names: car.after.join(', ') })}</div>}
      {car.message && <div className="break">{car.message}</div>}
      {car.rollout && <Link href={toRollout(ref, car.revert ?? car.rollout)}>{t('toRollout')}</Link>}
    </article>
  );
}
