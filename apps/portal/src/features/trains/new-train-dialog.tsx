'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { applicationsQuery } from '@/features/applications/queries';
import { environmentsQuery } from '@/features/projects/queries';
import { nameSchema } from '@/lib/names';
import { type ProjectRef, toTrain } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { TextField } from '@/ui/text-field';
import { CarField, type TypedCar, toCar } from './car-field';
import { createTrain, trainsKey } from './queries';

const carSchema = z.object({
  application: z.string(),
  release: z.string().check(z.minLength(1, 'required')),
  after: z.array(z.string()),
});
const schema = z.object({
  name: nameSchema,
  environment: z.string().check(z.minLength(1, 'required')),
  gate: z.enum(['healthy', 'paused']),
  onFailure: z.enum(['stop', 'revert']),
  lane: z.string(),
  laneHeader: z.string(),
  cars: z.array(carSchema).check(z.minLength(1, 'required')),
});
type TrainForm = z.infer<typeof schema>;

const usualHeader = 'x-slipway-lane';
const initial: TrainForm = {
  name: '',
  environment: 'production',
  gate: 'healthy',
  onFailure: 'stop',
  lane: '',
  laneHeader: '',
  cars: [],
};
/** Where the form shows what the API says. */
const shownPaths = ['name', 'environment', 'cars', 'lane.header', 'lane.value'];

/** Which applications, in which order, and what becomes of them when one fails. */
export function NewTrainDialog({ place, open, onClose }: { place: ProjectRef; open: boolean; onClose: () => void }) {
  const t = useTranslations('trains');
  const client = useQueryClient();
  const router = useRouter();
  const applications = useQuery({ ...applicationsQuery(place), enabled: open });
  const environments = useQuery({ ...environmentsQuery(place), enabled: open });
  const form = useForm<TrainForm>(schema, initial, useValidation(), shownPaths);
  const { cars, environment, gate, onFailure } = form.values;
  const send = () =>
    form.submit(async ({ name, lane, laneHeader, ...values }) => {
      const body = { ...values, name, cars: values.cars.map(toCar) };
      const value = lane.trim();
      const header = laneHeader.trim() || usualHeader;
      await createTrain(place, value === '' ? body : { ...body, lane: { header, value } });
      await client.invalidateQueries({ queryKey: trainsKey(place) });
      form.reset();
      onClose();
      router.push(toTrain(place, name));
    });
  /** A car that leaves is waited for by nobody. */
  const toggle = (application: string, isIn: boolean) =>
    form.set(
      'cars',
      isIn
        ? [...cars, { application, release: '', after: [] }]
        : cars
            .filter((car) => car.application !== application)
            .map((car) => ({ ...car, after: car.after.filter((name) => name !== application) })),
    );
  const change = (changed: TypedCar) =>
    form.set(
      'cars',
      cars.map((car) => (car.application === changed.application ? changed : car)),
    );
  const others = (environments.data ?? []).map(({ name }) => name).filter((name) => name !== environment);
  const lane = (name: 'lane' | 'laneHeader', path: string, label: string, placeholder: string, help?: string) => (
    <Field label={label} help={help} error={form.errorOf(name) ?? form.errorOf(path)}>
      {(control) => (
        <Input
          {...control}
          value={form.values[name]}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <FormDialog open={open} wide title={t('create')} onClose={onClose} form={form} onSubmit={send} submit={t('send')}>
      <TextField form={form} name="name" label={t('name')} help={t('nameHelp')} />
      <div className="form-row">
        <Field label={t('environment')} error={form.errorOf('environment')}>
          {({ id }) => (
            <Select
              id={id}
              value={environment}
              onChange={(value) => form.set('environment', value)}
              options={(environments.data ?? []).map(({ name }) => ({ value: name, label: name }))}
            />
          )}
        </Field>
        <Field label={t('gate')}>
          {({ id }) => (
            <Select
              id={id}
              value={gate}
              onChange={(value) => form.set('gate', value === 'paused' ? 'paused' : 'healthy')}
              options={(['healthy', 'paused'] as const).map((value) => ({ value, label: t(`gates.${value}`) }))}
            />
          )}
        </Field>
      </div>
      <Field label={t('onFailure')}>
        {({ id }) => (
          <Select
            id={id}
            value={onFailure}
            onChange={(value) => form.set('onFailure', value === 'revert' ? 'revert' : 'stop')}
            options={(['stop', 'revert'] as const).map((value) => ({ value, label: t(`failures.${value}`) }))}
          />
        )}
      </Field>
      <fieldset className="plain-fieldset">
        <legend className="field-label">{t('cars')}</legend>
        <span className="field-help">{t('carsHelp')}</span>
        {(applications.data ?? []).map(({ name }) => (
          <CarField
            key={name}
            place={place}
            application={name}
            car={cars.find(({ application }) => application === name)}
            picked={cars.map(({ application }) => application)}
            environments={others}
            error={form.errorOf(`cars.${cars.findIndex(({ application }) => application === name)}.release`)}
            onToggle={(isIn) => toggle(name, isIn)}
            onChange={change}
          />
        ))}
        {form.errorOf('cars') && <p className="error-text">{form.errorOf('cars')}</p>}
      </fieldset>
      <div className="form-row">
        {lane('lane', 'lane.value', t('laneValue'), 'spring', t('laneHelp'))}
        {lane('laneHeader', 'lane.header', t('laneHeader'), usualHeader)}
      </div>
    </FormDialog>
  );
}
