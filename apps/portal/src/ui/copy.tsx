'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Icon } from './icon';

const shownMilliseconds = 1500;

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useTranslations('action');
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), shownMilliseconds);
  };
  return (
    <button type="button" className="copy" onClick={copy} title={label ?? t('copy')}>
      <Icon name={copied ? 'check' : 'copy'} size={13} />
      <span className={label ? undefined : 'visually-hidden'} aria-live="polite">
        {copied ? t('copied') : (label ?? t('copy'))}
      </span>
    </button>
  );
}

/** A short id that copies whole. */
export function Id({ value, short }: { value: string; short: string }) {
  return (
    <span className="id" title={value}>
      <code>{short}</code>
      <CopyButton text={value} />
    </span>
  );
}

/** Lines to paste into a terminal. */
export function CodeBlock({ code, label }: { code: string; label?: string }) {
  return (
    <div className="code-block">
      {label && <div className="code-label">{label}</div>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <pre tabIndex={0}>{code}</pre>
      <CopyButton text={code} />
    </div>
  );
}
