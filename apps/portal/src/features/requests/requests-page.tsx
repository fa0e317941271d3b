'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { ApprovalRequest } from '@/lib/contract';
import { useAddress } from '@/lib/use-address';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Select } from '@/ui/field';
import { Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { AskDialog } from './ask-dialog';
import { requestKinds, requestStates, requestsQuery, requestViews } from './queries';
import { RequestBadge } from './request-badge';
import { RequestDrawer } from './request-drawer';

/** The inbox of approvers and the list of one's own; what is shown and what is opened stand in the address. */
export function RequestsPage({ fallback }: { fallback: 'to-decide' | 'mine' }) {
  const t = useTranslations('requests');
  const [asked, setView] = useAddress('view', fallback);
  const [kindText, setKind] = useAddress('kind', '');
  const [stateText, setState] = useAddress('state', '');
  const [opened, setOpened] = useAddress('request', '');
  const [place, setPlace] = useAddress('ask', '');
  const view = requestViews.find((one) => one === asked) ?? fallback;
  const kind = requestKinds.find((one) => one === kindText);
  const state = requestStates.find((one) => one === stateText);
  const requests = useQuery(requestsQuery({ view, ...(kind && { kind }), ...(state && { state }) }));
  const columns: readonly Column<ApprovalRequest>[] = [
    {
      key: 'title',
      title: t('request'),
      sortBy: (request) => request.title,
      render: (request) => (
        <button type="button" className="text-button strong" onClick={() => setOpened(request.id)}>
          {request.title}
        </button>
      ),
    },
    {
      key: 'kind',
      title: t('kind'),
      sortBy: (request) => request.kind,
      render: (request) => t(`kinds.${request.kind}`),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: (request) => request.state,
      render: (request) => <RequestBadge request={request} />,
    },
    {
      key: 'tenant',
      title: t('tenant'),
      sortBy: (request) => request.tenant ?? '',
      render: (request) => request.tenant ?? <span className="muted">–</span>,
      wide: true,
    },
    {
      key: 'requester',
      title: t('requester'),
      sortBy: (request) => request.requester,
      render: (request) => request.requester,
      wide: true,
    },
    {
      key: 'created',
      title: t('asked'),
      sortBy: (request) => request.createdAt,
      render: (request) => <Time at={request.createdAt} />,
      align: 'right',
    },
  ];
  const ask = <CreateButton onClick={() => setPlace('new')}>{t('ask')}</CreateButton>;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: `slipway requests --view ${view}`, api: `GET /api/v1/requests?view=${view}` },
              {
                title: t('acts.approve'),
                cli: 'slipway requests approve <id> -m "fine"',
                api: 'POST /api/v1/requests/<id>/approve\n{"comment":"fine"}',
              },
              {
                title: t('ask'),
                cli: 'slipway requests create access tenant=acme role=developer --reason "I join the team"',
                api: 'POST /api/v1/requests\n{"kind":"access","payload":{"tenant":"acme","role":"developer"},"reason":"I join the team"}',
              },
            ]}
          />
          {ask}
        </>
      }
    >
      <div className="filters">
        <Select
          aria-label={t('view')}
          value={view}
          onChange={setView}
          options={requestViews.map((value) => ({ value, label: t(`views.${value}`) }))}
        />
        <Select
          aria-label={t('kind')}
          value={kind ?? ''}
          onChange={setKind}
          options={[
            { value: '', label: t('anyKind') },
            ...requestKinds.map((value) => ({ value, label: t(`kinds.${value}`) })),
          ]}
        />
        <Select
          aria-label={t('state')}
          value={state ?? ''}
          onChange={setState}
          options={[
            { value: '', label: t('anyState') },
            ...requestStates.map((value) => ({ value, label: t(`states.${value}`) })),
          ]}
        />
      </div>
      <Table
        name="requests"
        label={t('title')}
        rows={requests.data}
        rowKey={(request) => request.id}
        columns={columns}
        error={requests.error}
        searchText={(request) => `${request.title} ${request.requester} ${request.tenant ?? ''} ${request.reason}`}
        empty={
          <EmptyState icon="check" title={t(`empty.${view}`)} command={`slipway requests --view ${view}`}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      <RequestDrawer id={opened} onClose={() => setOpened('')} />
      {place !== '' && <AskDialog place={place} onClose={() => setPlace('')} />}
    </Page>
  );
}
