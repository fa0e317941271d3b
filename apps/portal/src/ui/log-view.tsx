'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Icon } from './icon';
import { Input } from './input';
import { LiveBadge, type LiveState } from './live-badge';

export interface LogLine {
  readonly key: number;
  readonly at?: string;
  readonly origin?: string;
  readonly text: string;
  readonly isError?: boolean;
}

interface LogViewProps {
  readonly label: string;
  readonly lines: readonly LogLine[];
  readonly state: LiveState;
  readonly fileName: string;
  readonly filters?: ReactNode;
  readonly empty: string;
  readonly tall?: boolean;
}

const atEndPixels = 24;

/** The one log view: follows the end until one scrolls away, pauses, wraps, searches, downloads. */
export function LogView({ label, lines, state, fileName, filters, empty, tall }: LogViewProps) {
  const t = useTranslations('log');
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const [query, setQuery] = useState('');
  const [frozen, setFrozen] = useState<readonly LogLine[]>();
  const box = useRef<HTMLDivElement>(null);
  const source = frozen ?? lines;
  const shown = useMemo(
    () => (query ? source.filter((line) => line.text.toLowerCase().includes(query.toLowerCase())) : source),
    [source, query],
  );
  const behind = frozen ? lines.length - frozen.length : 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when lines arrive
  useEffect(() => {
    if (follow && !frozen && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length, follow, frozen]);

  const onScroll = () => {
    const view = box.current;
    if (view) setFollow(view.scrollHeight - view.scrollTop - view.clientHeight < atEndPixels);
  };
  const download = () => {
    const text = lines.map((line) => [line.at, line.origin, line.text].filter(Boolean).join(' ')).join('\n');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = fileName;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  return (
    <div className={`log${tall ? ' log-tall' : ''}`}>
      <div className="log-tools">
        <Input
          className="log-search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          placeholder={t('search')}
          aria-label={t('search')}
          prefix={<Icon name="search" size={14} />}
          allowClear
        />
        {filters}
        <span className="log-space" />
        <LiveBadge state={frozen ? 'paused' : state} />
        <Button
          onClick={() => setFrozen(frozen ? undefined : lines)}
          icon={<Icon name={frozen ? 'play' : 'pause'} size={14} />}
          aria-pressed={frozen !== undefined}
        >
          {frozen ? t('resume', { count: behind }) : t('pause')}
        </Button>
        <Button
          onClick={() => setWrap(!wrap)}
          aria-pressed={wrap}
          className={wrap ? 'pressed' : undefined}
          icon={<Icon name="wrap" size={14} />}
          aria-label={t('wrap')}
          title={t('wrap')}
        />
        <Button
          onClick={download}
          icon={<Icon name="download" size={14} />}
          aria-label={t('download')}
          title={t('download')}
        />
      </div>
      <div
        ref={box}
        className={wrap ? 'log-lines log-wrap' : 'log-lines'}
        onScroll={onScroll}
        role="log"
        aria-label={label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
      >
        {shown.length === 0 && <div className="log-empty">{query ? t('nothingFound') : empty}</div>}
        {shown.map((line) => (
          <div key={line.key} className={line.isError ? 'log-line log-error' : 'log-line'}>
            {line.at && <span className="log-at">{line.at.slice(11, 23)}</span>}
            {line.origin && <span className="log-origin">{line.origin}</span>}
            <span className="log-text">{line.text}</span>
          </div>
        ))}
      </div>
      {!follow && !frozen && (
        <button type="button" className="log-jump" onClick={() => setFollow(true)}>
          {t('jump')}
        </button>
      )}
    </div>
  );
}
