'use client';
import { useTranslations } from 'next-intl';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { isBuiltIn, type MetricDraft, methods, metricKinds, toMethod } from './analysis-draft';
import { HeaderFields } from './header-fields';

interface MetricFieldsProps {
  readonly metric: MetricDraft;
  /** Its path in the strategy, as the API names it. */
  readonly path: string;
  readonly onChange: (change: Partial<MetricDraft>) => void;
  readonly errorOf: (path: string) => string | undefined;
}

type TextKey = Exclude<keyof MetricDraft, 'key' | 'kind' | 'method' | 'headers'>;

/** One metric: measured at the gateway, or one's own by PromQL, an address or a command, with what its result must be. */
export function MetricFields({ metric, path, onChange, errorOf }: MetricFieldsProps) {
  const t = useTranslations('analysisForm');
  const { kind } = metric;
  const text = (key: TextKey, at: string, options: { help?: string; placeholder?: string; label?: string } = {}) => (
    <Field label={options.label ?? t(`fields.${key}`)} help={options.help} error={errorOf(`${path}.${at}`)}>
      {(control) => (
        <Input
          {...control}
          className="mono"
          value={metric[key]}
          placeholder={options.placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const area = (key: 'query' | 'command' | 'body', at: string, help?: string) => (
    <Field label={t(`fields.${key}`)} help={help} error={errorOf(`${path}.${at}`)}>
      {({ status, ...control }) => (
        <textarea
          {...control}
          className={status === 'error' ? 'text-area mono text-area-bad' : 'text-area mono'}
          rows={3}
          value={metric[key]}
          spellCheck={false}
          onChange={(event) => onChange({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      <div className="form-row">
        <Field label={t('kind')} error={errorOf(path) ?? errorOf(`${path}.provider`)}>
          {({ id }) => (
            <Select
              id={id}
              value={kind}
              onChange={(chosen) => onChange({ kind: metricKinds.find((one) => one === chosen) })}
              options={metricKinds.map((one) => ({ value: one, label: t(`kinds.${one}`) }))}
            />
          )}
        </Field>
        {isBuiltIn(kind)
          ? text('threshold', kind === 'request-duration' ? 'thresholdRange.max' : 'thresholdRange.min', {
              label: t(kind === 'request-duration' ? 'most' : 'least'),
              help: t('thresholdHelp'),
            })
          : text('name', 'name', { placeholder: 'errors' })}
      </div>
      {kind === 'prometheus' && area('query', 'provider.prometheus.query', t('queryHelp'))}
      {kind === 'web' && (
        <>
          {text('url', 'provider.web.url', { placeholder: 'https://metrics.example.com/rate' })}
          <div className="form-row">
            <Field label={t('method')} error={errorOf(`${path}.provider.web.method`)}>
              {({ id }) => (
                <Select
                  id={id}
                  value={toMethod(metric)}
                  onChange={(chosen) => onChange({ method: methods.find((one) => one === chosen) ?? '' })}
                  options={methods.map((one) => ({ value: one, label: one }))}
                />
              )}
            </Field>
            {text('jsonPath', 'provider.web.jsonPath', { placeholder: '{$.data.rate}', help: t('jsonPathHelp') })}
            {text('timeoutSeconds', 'provider.web.timeoutSeconds', { placeholder: '10' })}
          </div>
          {toMethod(metric) !== 'GET' && area('body', 'provider.web.body')}
          <HeaderFields
            headers={metric.headers}
            path={`${path}.provider.web.headers`}
            onChange={(headers) => onChange({ headers })}
            errorOf={errorOf}
          />
        </>
      )}
      {kind === 'job' && (
        <>
          {area('command', 'provider.job.command', t('commandHelp'))}
          <div className="form-row">
            {text('process', 'provider.job.process', { placeholder: 'web' })}
            {text('timeoutSeconds', 'provider.job.timeoutSeconds', { placeholder: '60' })}
          </div>
        </>
      )}
      {!isBuiltIn(kind) && (
        <>
          <div className="form-row">
            {text('successCondition', 'successCondition', { placeholder: 'result[0] >= 0.95' })}
            {text('failureCondition', 'failureCondition', { placeholder: 'result[0] < 0.9' })}
          </div>
          <div className="form-row">
            {text('interval', 'interval', { placeholder: '30s', help: t('intervalHelp') })}
            {text('count', 'count', { help: t('countHelp') })}
            {text('failureLimit', 'failureLimit', { placeholder: '0', help: t('failureLimitHelp') })}
          </div>
          <details className="more-fields">
            <summary>{t('more')}</summary>
            <div className="form-row">
              {text('initialDelay', 'initialDelay', { placeholder: '0s' })}
              {text('inconclusiveLimit', 'inconclusiveLimit', { placeholder: '0' })}
              {text('consecutiveErrorLimit', 'consecutiveErrorLimit', { placeholder: '4' })}
            </div>
          </details>
        </>
      )}
    </>
  );
}
