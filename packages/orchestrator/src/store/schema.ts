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
  compacted bigint not null
);
insert into store_state (revision, compacted) values (0, 0) on conflict do nothing;
`;

/**
 * One statement, one commit: the log, the final state of every touched key, and the counter.
 * $1..$6 the log, $7..$11 the objects to write, $12..$14 the objects to remove, $15 the last revision of the batch,
 * $16 the revision the batch was built on. The counter fences: if it is not where this writer left it, nothing is written.
 */
export const commitSql = `
with fence as (
  update store_state set revision = $15::bigint where revision = $16::bigint returning 1
), logged as (
  insert into revisions (revision, change, resource, namespace, name, data)
  select t.* from fence, unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bytea[]) as t
), removed as (
  delete from objects o using fence, unnest($12::text[], $13::text[], $14::text[]) as t(resource, namespace, name)
  where o.resource = t.resource and o.namespace = t.namespace and o.name = t.name
), written as (
  insert into objects (resource, namespace, name, revision, data)
  select t.* from fence, unnest($7::text[], $8::text[], $9::text[], $10::bigint[], $11::bytea[]) as t
  on conflict (resource, namespace, name) do update set revision = excluded.revision, data = excluded.data
)
select 1 from fence`;

export const compactSql = `
with state as (update store_state set compacted = $1 where compacted < $1 returning 1)
delete from revisions where revision <= $1`;
