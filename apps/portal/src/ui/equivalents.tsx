'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CodeBlock } from './copy';
import { Dialog } from './dialog';
import { Icon } from './icon';

export interface Equivalent {
  readonly title: string;
  /** Left out where the command line has no such command. */
  readonly cli?: string;
  /** `GET /api/v1/tenants`, with a body in the following lines where there is one. */
  readonly api: string;
}

/** What the page does, as commands and as requests. */
export function Equivalents({ items }: { items: readonly Equivalent[] }) {
  const t = useTranslations('equivalents');
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type="text" onClick={() => setOpen(true)} icon={<Icon name="terminal" size={14} />}>
        {t('button')}
      </Button>
      <Dialog as="drawer" open={open} title={t('title')} onClose={() => setOpen(false)}>
        <p className="muted">{t('explanation')}</p>
        {items.map((item) => (
          <div key={item.title} className="stack">
            <h3>{item.title}</h3>
            {item.cli && <CodeBlock code={item.cli} label="CLI" />}
            <CodeBlock code={toCurl(item.api)} label="API" />
          </div>
        ))}
      </Dialog>
    </>
  );
}

function toCurl(api: string): string {
  const [head = '', ...body] = api.split('\n');
  const [method = 'GET', path = ''] = head.split(' ');
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  const data = body.length > 0 ? ` \\\n  -H 'content-type: application/json' \\\n  -d '${body.join('\n')}'` : '';
  return `curl${verb} -H "Authorization: Bearer $SLIPWAY_TOKEN" \\\n  "$SLIPWAY_API${path}"${data}`;
}
