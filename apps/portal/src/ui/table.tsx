'use client';
import { useTranslations } from 'next-intl';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { useAddress } from '../lib/use-address';
import { ErrorBox } from './error-box';
import { Icon } from './icon';
import { Input } from './input';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly render: (row: Row) => ReactNode;
  /** Given, the column can be sorted by it. */
  readonly sortBy?: (row: Row) => string | number;
  readonly align?: 'right';
  /** Hidden on narrow screens. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  /** Names the table for screen readers and its part of the address. */
  readonly name: string;
  readonly label: string;
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly error?: unknown;
  /** Given, the table can be searched in this text. */
  readonly searchText?: (row: Row) => string;
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
  readonly more?: { readonly has: boolean; readonly isLoading: boolean; readonly load: () => void };
}

/** The one table: search, sort (both in the address), keyboard, and rows that wait behind a line while the pointer is on the table. */
export function Table<Row>({
  name,
  label,
  rows,
  rowKey,
  columns,
  error,
  searchText,
  empty,
  actions,
  more,
}: TableProps<Row>) {
  const t = useTranslations('table');
  const [query, setQuery] = useAddress(`${name}.q`, '');
  const [sort, setSort] = useAddress(`${name}.sort`, '');
  const { held, waiting, showAll, hold, release } = useHeldRows(rows, rowKey);

  const shown = useMemo(
    () => sortRows(filterRows(held ?? [], query, searchText), columns, sort),
    [held, query, searchText, columns, sort],
  );

  if (error && !rows) return <ErrorBox error={error} />;
  if (rows?.length === 0) return empty;
  return (
    <div className="table-block">
      {(searchText || actions) && (
        <div className="table-tools">
          {searchText && (
            <Input
              className="table-search"
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              placeholder={t('search')}
              aria-label={t('searchIn', { table: label })}
              prefix={<Icon name="search" size={14} />}
              allowClear
            />
          )}
          <span className="muted table-count">
            {rows ? t('count', { shown: shown.length, total: rows.length }) : ''}
          </span>
          {actions}
        </div>
      )}
      {waiting > 0 && (
        <button type="button" className="table-new" onClick={showAll}>
          {t('waiting', { count: waiting })}
        </button>
      )}
      <div className="table-frame" onPointerEnter={hold} onPointerLeave={release}>
        <table aria-label={label} aria-busy={rows === undefined} onKeyDown={moveByArrows}>
          <thead>
            <tr>
              {columns.map((column) => (
                <HeaderCell key={column.key} column={column} sort={sort} setSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows === undefined && <LoadingRows columns={columns.length} />}
            {shown.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.key} className={cellClass(column)}>
                    {column.render(row)}
                  </td>
                ))}
              </tr>
            ))}
            {rows && shown.length === 0 && (
              <tr>
                <td colSpan={columns.length} className="muted table-none">
                  {t('nothingFound', { query })}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {more?.has && (
        <button type="button" className="table-more" onClick={more.load} disabled={more.isLoading}>
          {more.isLoading ? t('loading') : t('more')}
        </button>
      )}
    </div>
  );
}

const cellClass = <Row,>(column: Column<Row>): string =>
  [column.align === 'right' ? 'right' : '', column.wide ? 'wide-only' : ''].filter(Boolean).join(' ');

function HeaderCell<Row>({
  column,
  sort,
  setSort,
}: {
  column: Column<Row>;
  sort: string;
  setSort: (sort: string) => void;
}) {
  const t = useTranslations('table');
  const direction = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : undefined;
  const next = direction === 'ascending' ? `-${column.key}` : direction === 'descending' ? '' : column.key;
  return (
    <th scope="col" className={cellClass(column)} aria-sort={column.sortBy ? (direction ?? 'none') : undefined}>
      {column.sortBy ? (
        <button type="button" className="table-sort" onClick={() => setSort(next)}>
          {column.title}
          <span aria-hidden="true">{direction === 'ascending' ? ' ↑' : direction === 'descending' ? ' ↓' : ''}</span>
        </button>
      ) : (
        column.title || <span className="visually-hidden">{t('actions')}</span>
      )}
    </th>
  );
}

function LoadingRows({ columns }: { columns: number }) {
  return [0, 1, 2].map((row) => (
    <tr key={row}>
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <td key={column}>
          <span className="skeleton" style={{ width: `${40 + ((row * 7 + column * 23) % 45)}%` }} />
        </td>
      ))}
    </tr>
  ));
}

/** While the pointer is on the table, rows it did not show wait; rows it shows are updated in place. */
function useHeldRows<Row>(rows: readonly Row[] | undefined, rowKey: (row: Row) => string) {
  const [shownKeys, setShownKeys] = useState<ReadonlySet<string>>();
  const latest = useRef(rows);
  latest.current = rows;
  const keysNow = () => new Set((latest.current ?? []).map(rowKey));
  const held = shownKeys && rows ? rows.filter((row) => shownKeys.has(rowKey(row))) : rows;
  return {
    held,
    waiting: (rows?.length ?? 0) - (held?.length ?? 0),
    showAll: () => setShownKeys(keysNow()),
    hold: () => latest.current && setShownKeys(keysNow()),
    release: () => setShownKeys(undefined),
  };
}

function filterRows<Row>(rows: readonly Row[], query: string, searchText?: (row: Row) => string): readonly Row[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 || !searchText) return rows;
  return rows.filter((row) => words.every((word) => searchText(row).toLowerCase().includes(word)));
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: string): readonly Row[] {
  const column = columns.find((candidate) => candidate.key === sort.replace(/^-/, ''));
  const by = column?.sortBy;
  if (!by) return rows;
  const sign = sort.startsWith('-') ? -1 : 1;
  return [...rows].sort((left, right) => {
    const a = by(left);
    const b = by(right);
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)));
  });
}

/** Arrow keys move between the rows' first links. */
function moveByArrows(event: KeyboardEvent<HTMLTableElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('tbody tr')].flatMap(
    (row) => row.querySelector<HTMLElement>('a, button') ?? [],
  );
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (at === -1 || !next) return;
  event.preventDefault();
  next.focus();
}
