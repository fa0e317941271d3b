'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { releasesQuery } from '@/features/releases/queries';
import type { NewTrain } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { Select } from '@/ui/field';

/** A car as it is picked. `release`: its number, or `from:<environment>`. */
export interface TypedCar {
  readonly application: string;
  readonly release: string;
  readonly after: string[];
}

export function toCar({ application, release, after }: TypedCar): NewTrain['cars'][number] {
  const [, fromEnvironment] = /^from:(.+)$/.exec(release) ?? [];
  return fromEnvironment === undefined
    ? { application, after, release: Number(release) }
    : { application, after, fromEnvironment };
}

interface CarFieldProps {
  readonly place: ProjectRef;
  readonly application: string;
  /** Undefined: it is no car. */
  readonly car: TypedCar | undefined;
  readonly picked: readonly string[];
  readonly environments: readonly string[];
  readonly error: string | undefined;
  readonly onToggle: (isIn: boolean) => void;
  readonly onChange: (car: TypedCar) => void;
}

/** Whether an application is a car, with which release, and what it comes after. */
export function CarField({ place, application, car, picked, environments, error, onToggle, onChange }: CarFieldProps) {
  const t = useTranslations('trains');
  const releases = useQuery({ ...releasesQuery({ ...place, application }), enabled: car !== undefined });
  const options = [
    { value: '', label: t('choose') },
    ...environments.map((name) => ({ value: `from:${name}`, label: t('fromEnvironment', { name }) })),
    ...(releases.data ?? []).map(({ number }) => ({ value: String(number), label: t('number', { number }) })),
  ];
  const others = picked.filter((name) => name !== application);
  return (
    <div className="train-pick">
      <label className="check">
        <input type="checkbox" checked={car !== undefined} onChange={(event) => onToggle(event.target.checked)} />
        {application}
      </label>
      {car && (
        <Select
          aria-label={t('releaseOf', { name: application })}
          value={car.release}
          onChange={(release) => onChange({ ...car, release })}
          options={options}
        />
      )}
      {error && <span className="error-text">{error}</span>}
      {car && others.length > 0 && (
        <div className="button-row">
          <span className="muted">{t('comesAfter')}</span>
          {others.map((name) => (
            <label key={name} className="check">
              <input
                type="checkbox"
                checked={car.after.includes(name)}
                onChange={(event) =>
                  onChange({
                    ...car,
                    after: event.target.checked ? [...car.after, name] : car.after.filter((each) => each !== name),
                  })
                }
              />
              {name}
            </label>
          ))}
        </div>
      )}
    </div>
  );
}
