/** Applied at every start. `revisions` is the log (dense, in commit order), `objects` the state it leads to. */
export const schemaSql = `
create table if not exists objects (
  resource text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  revision bigint not null,
  data bytea not null,
  primary key (resource, namespace, name)
);
create table if not exists revisions (
  revision bigint primary key,
  change smallint not null,
  resource text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  at timestamptz not null default now(),
  data bytea not null
);
create table if not exists store_state (
  only_row boolean primary key default true check (only_row),
  revision bigint not null,
  compacted bigint not null,
  history text
);
do $$ begin
  if not exists (select from pg_attribute where attrelid = 'store_state'::regclass and attname = 'history') then
    alter table store_state add column history text;
  end if;
end $$;
insert into store_state (revision, compacted) values (0, 0) on conflict do nothing;
`;

/**
 * PostgreSQL names each of its histories: a restored backup and a promoted standby begin another one. What was acknowledged in the
 * old history after the point where the new one begins is gone, so its revisions must not be given again: the counter moves on,
 * further than any lost history can have come, and whoever knows an old revision has to list again.
 */
export const followHistorySql = `
update store_state set history = now.history,
  revision = case when store_state.history is null then revision else revision + 10000000000 end,
  compacted = case when store_state.history is null then compacted else revision + 10000000000 end
from (select system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as history from pg_control_system()) now
where store_state.history is distinct from now.history`;

/** Held by every server for as long as it lives, shared. */
export const memberLock = 7_644_001;
/** Where servers tell each other that they have committed. */
export const channel = 'slipway_store';

/**
 * One statement, one commit: the log, the final state of every touched key, and the counter.
 * $1 the revision the batch was built on, $2 how many changes; of each change: $3 its number (10 more when it is the last of its
 * key in the batch), $4 resource, $5 namespace, $6 name, $7 where its bytes begin in $9 (from 1), $8 how many.
 * The counter fences: if it is not where this writer left it, nothing is written and no row is answered.
 */
const commit = (answer: string) => `
with fence as (
  update store_state set revision = $1::bigint + $2::int where revision = $1::bigint returning revision
), input as materialized (
  select $1::bigint + t.place as revision, t.change % 10 as change, t.change > 10 as is_last,
    t.resource, t.namespace, t.name, substr($9::bytea, t.start, t.size) as data
  from fence, unnest($3::smallint[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[])
    with ordinality as t(change, resource, namespace, name, start, size, place)
), logged as (
  insert into revisions (revision, change, resource, namespace, name, data)
  select revision, change, resource, namespace, name, data from input
), removed as (
  delete from objects o using input i
  where i.is_last and i.change = 3 and o.resource = i.resource and o.namespace = i.namespace and o.name = i.name
), written as (
  insert into objects (resource, namespace, name, revision, data)
  select resource, namespace, name, revision, data from input where is_last and change <> 3
  on conflict (resource, namespace, name) do update set revision = excluded.revision, data = excluded.data
)
select ${answer} from fence`;

export const commitAlone = { name: 'commit', text: commit('1') };
/** The same, telling the other servers. */
export const commitAndTell = { name: 'commit-and-tell', text: commit(`pg_notify('${channel}', revision::text)`) };

/** The counter, and how many servers there are. */
export const stateSql = {
  name: 'state',
  text: `select revision, compacted,
  (select count(*)::int from pg_locks where locktype = 'advisory' and granted and mode = 'ShareLock'
    and database = (select oid from pg_database where datname = current_database())
    and classid = 0 and objid = ${memberLock} and objsubid = 1) as members
from store_state`,
};

/** The counter and what the log has after $1 (the first part of it), of one moment. `revision` is null when there is nothing. */
export const logSql = {
  name: 'log',
  text: `select s.revision as counter, s.compacted, r.revision, r.change, r.resource, r.namespace, r.name,
  extract(epoch from r.at) * 1000 as at, convert_from(r.data, 'UTF8') as data
from store_state s left join revisions r on r.revision > $1::bigint and r.revision > s.compacted
order by r.revision limit 5000`,
};

/**
 * Forgets the log up to $1, except the state that each object had then: without it nobody could tell after a restart what a later
 * change took out of a selector.
 */
export const forgetSql = `
with kept as materialized (
  select distinct on (resource, namespace, name) revision, change from revisions
  where revision <= $1 order by resource, namespace, name, revision desc
)
delete from revisions where revision <= $1 and revision not in (select revision from kept where change <> 3)`;

/** The states that the log after $1 begins with, as far as it changes them. */
export const earlierSql = `
with later as materialized (
  select distinct resource, namespace, name from revisions where revision > $1 and change <> 1
)
select distinct on (r.resource, r.namespace, r.name) r.revision, r.change, r.resource, r.namespace, r.name,
  convert_from(r.data, 'UTF8') as data
from revisions r join later l on l.resource = r.resource and l.namespace = r.namespace and l.name = r.name
where r.revision <= $1 order by r.resource, r.namespace, r.name, r.revision desc`;

/** A page of the state. */
export const objectsSql = {
  name: 'objects',
  text: `select resource, namespace, name, revision, convert_from(data, 'UTF8') as data from objects
where (resource, namespace, name) > ($1::text, $2::text, $3::text) order by resource, namespace, name limit 2000`,
};
