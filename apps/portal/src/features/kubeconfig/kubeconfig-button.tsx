'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { browserApi, unwrap } from '@/lib/api';
import { toCli } from '@/lib/cli';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';

/** What kubectl and helm need to reach this tenant's namespaces. */
export function KubeconfigButton({ tenant }: { tenant: string }) {
  const t = useTranslations('kubeconfig');
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Icon name="terminal" size={14} />} onClick={() => setOpen(true)}>
        {t('button')}
      </Button>
      {isOpen && <KubeconfigDialog tenant={tenant} onClose={() => setOpen(false)} />}
    </>
  );
}

function KubeconfigDialog({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const t = useTranslations('kubeconfig');
  const config = useQuery({
    queryKey: ['t', tenant, 'kubeconfig'],
    queryFn: ({ signal }) =>
      unwrap(browserApi.GET('/api/v1/tenants/{tenant}/kubeconfig', { params: { path: { tenant } }, signal })),
  });
  const isPlain = config.data?.clusters.some(({ cluster }) => cluster.server.startsWith('http:')) ?? false;
  const download = async () => {
    // Loaded where it is used.
    const { stringify } = await import('yaml');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([stringify(config.data)], { type: 'application/yaml' }));
    link.download = `kubeconfig-${tenant}.yaml`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Dialog
      open
      title={t('title')}
      onClose={onClose}
      footer={
        <Button type="primary" disabled={!config.data} onClick={download}>
          {t('download')}
        </Button>
      }
    >
      <div className="stack">
        <p className="muted">{t('explanation')}</p>
        {isPlain && <p className="warn">{t('insecure')}</p>}
        <CodeBlock label={t('merge')} code={`${toCli('kubeconfig --merge', { tenant })}\nkubectl get pods`} />
        {config.error ? <ErrorBox error={config.error} /> : null}
        {config.data && (
          <>
            <CodeBlock label={t('use')} code={`kubectl --kubeconfig kubeconfig-${tenant}.yaml get pods`} />
            <h3>{t('contexts')}</h3>
            <ul className="plain-list">
              {config.data.contexts.map(({ name, context }) => (
                <li key={name} className="break">
                  <code>{name}</code> <span className="muted">{context.namespace}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}
