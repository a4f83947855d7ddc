-- barfill, migration 2: jobs and the queue. PostgreSQL 14 or later.
-- :"schema" is the schema's name; psql -v schema=barfill puts it in as barfill does.

-- A standing wish. `symbol` is its label, never a ticker.
create table :"schema".job_definitions (
  id            bigint generated always as identity primary key,
  job_type      text not null,
  symbol        text collate "C" not null,
  timeframe     text collate "C" not null,
  window_days   int not null check (window_days >= 1),
  priority      int not null default 0,
  enabled       boolean not null default true,
  symbols_array jsonb not null,
  batch_number  int,
  total_batches int,
  -- The trailing window that is asked for again: {"days": 2, "everyHours": 24}; null for none.
  reask         jsonb,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (symbol, timeframe)
);

create sequence :"schema".job_runs_arrival;

-- A slice's life. `slice` is the slice as it came; the columns that repeat a part of it are for people and filters.
--
-- No index on a column that changes, and room on every page: claiming and completing a run then writes on its page
-- alone (heap-only tuples). A thousand runs claimed and completed: 6.9 ms of updates so, 22.7 ms with partial indexes
-- on the status, the expiry and the token, 11.3 ms at fillfactor 45. What is waiting and what is leased is found by the
-- two small tables below.
-- No foreign key to job_definitions: a definition that is deleted leaves its history behind.
create table :"schema".job_runs (
  id               bigint generated always as identity primary key,
  job_def_id       bigint,
  -- The label; without one, the ticker of a slice of one symbol; else null.
  symbol           text collate "C",
  timeframe        text collate "C" not null,
  job_type         text not null,
  slice_from       timestamptz not null,
  slice_to         timestamptz not null,
  status           text collate "C" not null default 'queued'
                   check (status in ('queued', 'running', 'success', 'failed', 'cancelled')),
  progress_percent real not null default 0,
  -- Bars new or revised, since it was queued: under all its leases.
  rows_written     bigint not null default 0,
  provider         text collate "C" not null,
  -- Tries: those that ended in an error, and the one under way.
  attempt          int not null default 0,
  error_message    text,
  error_code       text,
  -- The database role that enqueued it.
  triggered_by     text not null default current_user,
  started_at       timestamptz,
  finished_at      timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),

  slice_id         text collate "C" not null unique,
  slice            jsonb not null,
  label            text collate "C",
  priority         double precision not null,
  arrival          bigint not null,
  not_before       timestamptz not null default '-infinity',
  -- Since it was queued, and those of them that were sent before it was last claimed.
  requests         int not null default 0,
  requests_before  int not null default 0,
  -- Leases that ran out and were taken over.
  expiries         int not null default 0,
  -- There exactly while the run is running.
  worker_id        text,
  lease_token      text collate "C",
  lease_expires_at timestamptz,
  check ((status = 'running') = (lease_token is not null and lease_expires_at is not null))
) with (fillfactor = 30);

-- The line: one row a queued run, put in and taken out in the transaction that changes the run's status.
create table :"schema".job_queue (
  run_id     bigint not null,
  arrival    bigint not null,
  priority   double precision not null,
  not_before timestamptz not null,
  provider   text collate "C" not null
);
-- not_before is a key, so that runs that wait for a retry are passed over in the index. Unique, because no two runs
-- have the same arrival, and so what tells a row to logical replication: a publication of all tables refuses to delete
-- from one that has no such index, and claims would fail. A primary key beside it would be one more index to write.
create unique index job_queue_due on :"schema".job_queue (provider, priority desc, arrival, not_before);
alter table :"schema".job_queue replica identity using index job_queue_due;

-- One row a claim and provider: which runs it took, and the earliest time at which one of them can have expired. A
-- bound, not the truth: the lease itself is in job_runs, where renewing and completing leave this row alone. The claim
-- that finds a row past its time brings it up to date, or deletes it.
create table :"schema".job_leases (
  token      text collate "C" not null,
  provider   text collate "C" not null,
  expires_at timestamptz not null,
  run_ids    bigint[] not null,
  primary key (token, provider)
);
create index job_leases_expiring on :"schema".job_leases (expires_at, token, provider);

-- The operations of the queue, the same for every client: each is one call and needs no transaction around it. Against
-- deadlocks they wait for rows in one order: job_definitions by symbol and timeframe, job_leases by token and provider,
-- job_runs by slice id, the only order that an insert can keep too. What locks several rows sorts them first, because
-- an update goes through them as its plan likes. A claim waits for no run: what somebody else has in hand is not due. A
-- row of job_queue is touched by who has locked its run, and needs no lock. Plans are not left to statistics, which are
-- stale after every bulk enqueue: only what says so scans job_runs.

create function :"schema".job_type_of(p_timeframe text) returns text
language sql immutable
return case when p_timeframe in ('1Day', '1Week', '1Month') then 'fetch_historical' else 'fetch_intraday' end;

-- Tells those who listen, where somebody does, in how many ms a run falls due. One call a statement, never one a row:
-- transactions that notify commit one after the other in the whole database. Slices enqueued one a call on 32
-- connections: 400 a second with NOTIFY, 3,000 without; a thousand a call: no difference. Looking for a listener costs
-- a call 0.35 ms on a busy machine with 32 sessions that hold locks.
create function :"schema".announce_runs(p_in_ms float8 default 0) returns void
language plpgsql set search_path = :"schema", pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('barfill announces'), hashtext(current_schema()));
  if exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.classid = hashtext('barfill listens')::oid
      and l.objid = hashtext(current_schema())::oid and l.objsubid = 2
  ) then
    perform pg_notify('barfill_runs', ceil(greatest(p_in_ms, 0))::bigint || ' ' || current_schema());
  end if;
end $$;

-- Lets announce_runs know of this session, which listens to barfill_runs, until it ends or calls unlisten_runs. When it
-- returns, all that was not announced is committed; unless somebody keeps a transaction open that announced, and who
-- announces next would wait in line behind this call: then the poll finds it.
create function :"schema".listen_runs() returns void
language plpgsql set search_path = :"schema", pg_temp set lock_timeout = '200ms' as $$
begin
  perform pg_advisory_lock_shared(hashtext('barfill listens'), hashtext(current_schema()));
  begin
    perform pg_advisory_xact_lock(hashtext('barfill announces'), hashtext(current_schema()));
  exception when lock_not_available then
    null;
  end;
end $$;

create function :"schema".unlisten_runs() returns void
language sql set search_path = :"schema", pg_temp as $$
  select pg_advisory_unlock_shared(hashtext('barfill listens'), hashtext(current_schema()))
$$;

-- Refuses a transaction whose statements all see what was committed before the first of them: what waits for a lock and
-- then looks would not see what the one before it did. Nothing within a function can mend that; who calls it can.
create function :"schema".need_read_committed() returns void
language plpgsql set search_path = :"schema", pg_temp as $$
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'called at %, and needs read committed', current_setting('transaction_isolation')
    using errcode = '25004', hint = 'alter role … set default_transaction_isolation = ''read committed''';
  end if;
end $$;

-- The ids of those slices (an array of them, as JSON), save those that ask again, that hold a part of what a run that
-- is queued or running will fetch. Looks at all of these runs of the same timeframes, in one pass, and compares what
-- was cut for the same symbols as one: plans cut some hundred sets of symbols into many spans each. 20,000 slices of 50
-- symbols were queued in 0.8 s where they came day by day and in 1.6 where they came set by set; in 4.0 where every
-- symbol of every slice was one row; without p_apart in 0.6. 20,000 more beside them took 1.9 in place of 5.2.
create function :"schema".taken_slices(p_slices jsonb) returns text[]
language plpgsql stable set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  v_providers text[];
  v_timeframes text[];
  v_from timestamptz;
  v_to timestamptz;
begin
  select array_agg(distinct i.slice->>'provider'), array_agg(distinct i.slice->>'timeframe'),
         to_timestamp(min((i.slice->'interval'->'start')::float8) / 1000),
         to_timestamp(max((i.slice->'interval'->'end')::float8) / 1000)
  into v_providers, v_timeframes, v_from, v_to
  from jsonb_array_elements(p_slices) as i (slice) where not i.slice ? 'again';
  return array(
    -- `offset` keeps the planner from going through what comes in once a run, whatever it believes of their number.
    with open as materialized (
      select provider, timeframe, feed, adjustment, symbols, range_agg(span) as spans
      from (
        select r.provider, r.timeframe, r.slice->>'feed' as feed, r.slice->>'adjustment' as adjustment,
               r.slice->'symbols' as symbols, tstzrange(r.slice_from, r.slice_to) as span
        from job_runs_live l join job_runs r on r.id = l.id
        where r.provider = any(v_providers) and r.timeframe = any(v_timeframes)
          and r.slice_from < v_to and r.slice_to > v_from
        offset 0
      ) o
      group by 1, 2, 3, 4, 5
    ),
    incoming as materialized (
      select i.slice->>'id' as id, i.slice->>'provider' as provider, i.slice->>'timeframe' as timeframe,
             i.slice->>'feed' as feed, i.slice->>'adjustment' as adjustment, i.slice->'symbols' as symbols,
             tstzrange(to_timestamp((i.slice->'interval'->'start')::float8 / 1000),
                       to_timestamp((i.slice->'interval'->'end')::float8 / 1000)) as span
      from jsonb_array_elements(p_slices) as i (slice)
      where not i.slice ? 'again' and exists (select from open)
    ),
    alike as materialized (
      select provider, timeframe, feed, adjustment, symbols, range_agg(span) as spans
      from incoming group by 1, 2, 3, 4, 5
    ),
    -- By symbol, so that sets that share one meet there and not each with each.
    wanted as materialized (
      select a.provider, a.timeframe, a.feed, a.adjustment, s.symbol, range_agg(u.span) as spans
      from alike a cross join jsonb_array_elements_text(a.symbols) as s (symbol) cross join unnest(a.spans) as u (span)
      group by 1, 2, 3, 4, 5
    ),
    taken as materialized (
      select w.provider, w.timeframe, w.feed, w.adjustment, w.symbol, o.spans
      from (select o.*, s.symbol from open o cross join jsonb_array_elements_text(o.symbols) as s (symbol) offset 0) o
      join wanted w using (provider, timeframe, feed, adjustment, symbol)
      where w.spans && o.spans
    ),
    met as materialized (
      select distinct a.provider, a.timeframe, a.feed, a.adjustment, a.symbols, t.spans
      from (select a.*, s.symbol from alike a cross join jsonb_array_elements_text(a.symbols) as s (symbol) offset 0) a
      join taken t using (provider, timeframe, feed, adjustment, symbol)
      where a.spans && t.spans
    )
    select distinct i.id from incoming i
    join met m using (provider, timeframe, feed, adjustment, symbols)
    where m.spans && i.span
  );
end $$;

-- Queues slices (an array of them, as JSON) whose run is not queued or running; returns how many. With p_apart none
-- that holds a part of what such a run will fetch, whatever its id.
create function :"schema".enqueue_runs(p_slices jsonb, p_apart boolean default false) returns int
language plpgsql set search_path = :"schema", pg_temp as $$
declare
  v_new int;
  v_taken text[] = '{}';
begin
  -- One such call at a time: two that both see the same room would both take it. Each statement sees what was committed
  -- before it, so the one that looks comes after the lock.
  if p_apart then
    perform need_read_committed();
    perform pg_advisory_xact_lock(hashtextextended('apart in ' || current_schema(), 0));
    v_taken = taken_slices(p_slices);
  end if;
  with incoming as (
    select slice, slice->>'id' collate "C" as slice_id, slice->>'label' as label, slice->>'timeframe' as timeframe,
           nextval('job_runs_arrival') as arrival
    from jsonb_array_elements(p_slices) as incoming(slice)
    where not (slice->>'id' = any(v_taken))
  ),
  queued as (
    insert into job_runs as r (
      slice_id, job_def_id, symbol, timeframe, job_type, slice_from, slice_to, provider,
      slice, label, priority, arrival
    )
    select distinct on (i.slice_id)
      i.slice_id,
      d.id,
      coalesce(i.label, case when jsonb_array_length(i.slice->'symbols') = 1 then i.slice->'symbols'->>0 end),
      i.timeframe,
      coalesce(d.job_type, job_type_of(i.timeframe)),
      to_timestamp((i.slice->'interval'->'start')::float8 / 1000),
      to_timestamp((i.slice->'interval'->'end')::float8 / 1000),
      i.slice->>'provider',
      i.slice, i.label, (i.slice->'priority')::float8, i.arrival
    from incoming i
    left join job_definitions d on d.symbol = i.label and d.timeframe = i.timeframe
    order by i.slice_id, i.arrival
    on conflict (slice_id) do update set
      job_def_id = excluded.job_def_id, job_type = excluded.job_type,
      status = 'queued', progress_percent = 0, rows_written = 0, requests = 0, requests_before = 0, attempt = 0,
      expiries = 0, error_message = null, error_code = null, triggered_by = excluded.triggered_by,
      started_at = null, finished_at = null, created_at = now(), updated_at = now(),
      slice = excluded.slice, priority = excluded.priority, arrival = excluded.arrival, not_before = '-infinity'
    where r.status in ('success', 'failed', 'cancelled')
    returning r.id, r.arrival, r.priority, r.not_before, r.provider
  )
  insert into job_queue (run_id, arrival, priority, not_before, provider) select * from queued order by arrival;
  get diagnostics v_new = row_count;
  if v_new > 0 then perform announce_runs(); end if;
  return v_new;
end $$;

-- How far a run came, as JSON; null where it has not begun, as most have not when they are claimed, and so costs the
-- client nothing. Names nothing that needs a search path, and so becomes a part of the query.
create function :"schema".progress_of(p_percent real, p_bars bigint, p_requests int) returns jsonb
language sql stable
return case when p_percent <> 0 or p_bars <> 0 or p_requests <> 0
  then jsonb_build_object('percent', p_percent, 'bars', p_bars, 'requests', p_requests) end;

-- Claims runs until p_ttl_ms from now: expired leases first, then by priority, then in the order they came; of p_ids
-- alone where that is given, and no more than leave p_max_running under leases that hold. What is held under the token
-- already is returned instead. A lease that expired is counted, and costs no attempt. Reads job_leases_expiring,
-- job_queue_due, and unique keys.
create function :"schema".lease_runs(
  p_worker_id text, p_token text, p_limit int, p_ttl_ms float8, p_provider text default null, p_ids text[] default null,
  p_max_running int default null
) returns table (
  slice jsonb, attempt int, expires_at_ms float8, expiries int, before jsonb
)
language plpgsql set search_path = :"schema", pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_until timestamptz;
  v_until_ms float8;
  v_lease job_leases;
  v_providers text[] = array[p_provider];
  v_runs bigint[];
  v_taken bigint[] = '{}';
begin
  perform need_read_committed();
  -- A claim that is repeated while the first one is under way waits for it. Every statement after this one sees what
  -- the first one did, which a single statement would not: its snapshot would be older than its lock.
  perform pg_advisory_xact_lock(hashtextextended(p_token, 0));
  v_runs = array(select unnest(l.run_ids) from job_leases l where l.token = p_token);
  return query
    select r.slice, r.attempt, (extract(epoch from r.lease_expires_at) * 1000)::float8, r.expiries,
           progress_of(r.progress_percent, r.rows_written, r.requests)
    from job_runs r
    where r.id = any(v_runs) and r.status = 'running' and r.lease_token = p_token
    order by r.priority desc, r.arrival;
  if found then return; end if;

  -- One such claim at a time: two that both see the same room would both take it.
  if p_max_running is not null then
    perform pg_advisory_xact_lock(hashtextextended('max_running of ' || current_schema(), 0));
    p_limit = least(p_limit, p_max_running - (
      select count(*)::int from job_leases l
      cross join unnest(l.run_ids) as held(id)
      join job_runs r on r.id = held.id
      where r.status = 'running' and r.lease_token = l.token and r.provider = l.provider
        and r.lease_expires_at > clock_timestamp() and (p_provider is null or r.provider = p_provider)
    ));
    if p_limit <= 0 then return; end if;
  end if;

  -- To the millisecond, because the caller is told so.
  v_now = date_trunc('milliseconds', clock_timestamp());
  v_until = v_now + p_ttl_ms * interval '1 millisecond';
  v_until_ms = extract(epoch from v_until) * 1000;

  -- Expired leases by name. What job_leases says of them stays a bound.
  if p_ids is not null then
    v_taken = array(
      select r.id from job_runs r
      where r.slice_id = any(p_ids) and r.status = 'running' and r.lease_expires_at <= v_now
        and (p_provider is null or r.provider = p_provider)
      order by r.priority desc, r.arrival limit p_limit for update skip locked
    );
    return query
      with leased as (
        update job_runs r set
          expiries = r.expiries + 1, requests_before = r.requests, worker_id = p_worker_id, lease_token = p_token,
          lease_expires_at = v_until, started_at = v_now, updated_at = v_now
        where r.id = any(v_taken)
        returning r.slice, r.attempt, r.expiries, r.progress_percent, r.rows_written, r.requests, r.priority, r.arrival
      )
      select l.slice, l.attempt, v_until_ms, l.expiries, progress_of(l.progress_percent, l.rows_written, l.requests)
      from leased l order by l.priority desc, l.arrival;
  end if;

  -- Expired leases. A turn brings its row past v_now, deletes it, or fills the claim; past v_now also for the sake of a
  -- run that somebody else has in hand.
  while p_ids is null and cardinality(v_taken) < p_limit loop
    select * into v_lease from job_leases l
    where l.expires_at <= v_now and (p_provider is null or l.provider = p_provider)
    order by l.expires_at, l.token, l.provider limit 1 for update skip locked;
    exit when not found;
    v_runs = array(
      select r.id from job_runs r
      where r.id = any(v_lease.run_ids) and r.status = 'running' and r.lease_token = v_lease.token
        and r.provider = v_lease.provider and r.lease_expires_at <= v_now
      order by r.id limit p_limit - cardinality(v_taken) for update skip locked
    );
    return query
      with leased as (
        update job_runs r set
          expiries = r.expiries + 1, requests_before = r.requests, worker_id = p_worker_id, lease_token = p_token,
          lease_expires_at = v_until, started_at = v_now, updated_at = v_now
        where r.id = any(v_runs)
        returning r.slice, r.attempt, r.expiries, r.progress_percent, r.rows_written, r.requests, r.priority, r.arrival
      )
      select l.slice, l.attempt, v_until_ms, l.expiries, progress_of(l.progress_percent, l.rows_written, l.requests)
      from leased l order by l.priority desc, l.arrival;
    v_taken = v_taken || v_runs;
    delete from job_leases l where l.token = v_lease.token and l.provider = v_lease.provider;
    insert into job_leases (token, provider, expires_at, run_ids)
    select v_lease.token, v_lease.provider, greatest(min(r.lease_expires_at), v_now + interval '1 millisecond'),
           array_agg(r.id)
    from job_runs r
    where r.id = any(v_lease.run_ids) and r.status = 'running' and r.lease_token = v_lease.token
      and r.provider = v_lease.provider
    having count(*) > 0;
  end loop;

  -- Queued runs.
  if cardinality(v_taken) < p_limit then
    if p_ids is not null then
      with due as (
        delete from job_queue where ctid = any(array(
          select q.ctid from job_runs r
          join job_queue q on q.provider = r.provider and q.priority = r.priority and q.arrival = r.arrival
          where r.slice_id = any(p_ids) and r.status = 'queued' and q.not_before <= v_now
            and (p_provider is null or r.provider = p_provider)
          order by r.priority desc, r.arrival limit p_limit - cardinality(v_taken) for update of r skip locked
        ))
        returning run_id
      )
      select coalesce(array_agg(d.run_id), '{}') into v_runs from due d;
    else
      if p_provider is null then
        -- One step in the index a provider.
        with recursive found (provider) as (
          select min(q.provider) from job_queue q
          union all
          select (select min(q.provider) from job_queue q where q.provider > f.provider)
          from found f where f.provider is not null
        )
        select array_agg(f.provider) into v_providers from found f where f.provider is not null;
      end if;
      -- With several providers this locks some that it leaves to the next claim.
      with due as (
        delete from job_queue where ctid = any(array(
          select d.ctid
          from unnest(v_providers) as p(name)
          cross join lateral (
            select q.ctid, q.priority, q.arrival from job_queue q join job_runs r on r.id = q.run_id
            where q.provider = p.name and q.not_before <= v_now and r.status = 'queued'
            order by q.priority desc, q.arrival limit p_limit - cardinality(v_taken) for update of r skip locked
          ) d
          order by d.priority desc, d.arrival limit p_limit - cardinality(v_taken)
        ))
        returning run_id
      )
      select coalesce(array_agg(d.run_id), '{}') into v_runs from due d;
    end if;
    return query
      with leased as (
        update job_runs r set
          status = 'running', attempt = r.attempt + 1, requests_before = r.requests, worker_id = p_worker_id,
          lease_token = p_token, lease_expires_at = v_until, started_at = v_now, updated_at = v_now
        where r.id = any(v_runs)
        returning r.slice, r.attempt, r.expiries, r.progress_percent, r.rows_written, r.requests, r.priority, r.arrival
      )
      select l.slice, l.attempt, v_until_ms, l.expiries, progress_of(l.progress_percent, l.rows_written, l.requests)
      from leased l order by l.priority desc, l.arrival;
    v_taken = v_taken || v_runs;
  end if;

  if cardinality(v_taken) = 0 then return; end if;
  insert into job_leases as l (token, provider, expires_at, run_ids)
  select p_token, p_provider, v_until, v_taken where p_provider is not null
  union all
  select p_token, r.provider, v_until, array_agg(r.id) from job_runs r
  where p_provider is null and r.id = any(v_taken) group by r.provider
  on conflict (token, provider) do update set expires_at = excluded.expires_at, run_ids = excluded.run_ids;
end $$;

-- Prolongs leases, of each list the n-th element one lease, and none twice; returns the places (from 1) of those that
-- are held. Arrays, because JSON takes three times as long to read.
--
-- Here and in complete_runs the settings leave one way to join, row by row as the subselect is sorted: a thousand
-- completions take 13.1 ms, and 16.5 ms where `for update` locks them first.
create function :"schema".renew_runs(
  p_slice_ids text[], p_tokens text[], p_percents real[], p_bars float8[], p_requests float8[], p_ttls_ms float8[]
) returns table (place int, expires_at_ms float8)
language plpgsql set search_path = :"schema", pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_now timestamptz = date_trunc('milliseconds', clock_timestamp());
begin
  -- A lease that is renewed for less than it was claimed for may expire before the bound.
  with late as (
    select l.token, l.provider, x.until
    from (
      select u.token, v_now + min(u.ttl_ms) * interval '1 millisecond' as until
      from unnest(p_tokens, p_ttls_ms) as u (token, ttl_ms) group by u.token
    ) x
    join job_leases l on l.token = x.token and l.expires_at > x.until
    order by l.token, l.provider for update of l
  )
  update job_leases l set expires_at = late.until from late where l.token = late.token and l.provider = late.provider;
  return query
    update job_runs r set
      progress_percent = x.percent, rows_written = x.bars, requests = x.requests, updated_at = v_now,
      lease_expires_at = v_now + x.ttl_ms * interval '1 millisecond'
    from (
      select * from unnest(p_slice_ids, p_tokens, p_percents, p_bars, p_requests, p_ttls_ms)
        with ordinality as u (slice_id, token, percent, bars, requests, ttl_ms, place) order by u.slice_id collate "C"
    ) x
    where r.slice_id = x.slice_id and r.lease_token = x.token and r.status = 'running'
    returning x.place::int, (extract(epoch from r.lease_expires_at) * 1000)::float8;
end $$;

-- Ends runs well, of each list the n-th element one run; returns the places (from 1) of those that were not held, which
-- are few. A thousand runs claimed and completed cost the client 6.1 ms of CPU so, and 8.9 where each completion was a
-- row and each claim one of eight columns.
create function :"schema".complete_runs(
  p_slice_ids text[], p_tokens text[], p_bars float8[], p_requests float8[]
) returns json
language plpgsql set search_path = :"schema", pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_held bigint[];
begin
  with completed as (
    update job_runs r set
      status = 'success', progress_percent = 100, rows_written = x.bars, requests = x.requests,
      error_message = null, error_code = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      worker_id = null, lease_token = null, lease_expires_at = null
    from (
      select * from unnest(p_slice_ids, p_tokens, p_bars, p_requests)
        with ordinality as u (slice_id, token, bars, requests, place) order by u.slice_id collate "C"
    ) x
    where r.slice_id = x.slice_id and r.lease_token = x.token and r.status = 'running'
    returning x.place
  )
  select array_agg(place) into v_held from completed;
  if cardinality(v_held) = cardinality(p_slice_ids) then return '[]'; end if;
  return (
    select coalesce(json_agg(place), '[]') from generate_subscripts(p_slice_ids, 1) as place
    where place <> all(coalesce(v_held, '{}'))
  );
end $$;

-- Puts a run back in its place in the line; false when it was not held under the token. How far it came stays as it was
-- reported where it is null.
create function :"schema".retry_run(
  p_slice_id text, p_token text, p_not_before_ms float8, p_attempt_spent boolean, p_code text, p_message text,
  p_percent real default null, p_bars float8 default null, p_requests float8 default null
) returns boolean
language plpgsql set search_path = :"schema", pg_temp set enable_seqscan = off as $$
begin
  with retried as (
    update job_runs r set
      status = 'queued', not_before = to_timestamp(p_not_before_ms / 1000),
      attempt = case when p_attempt_spent then r.attempt else r.attempt - 1 end,
      progress_percent = coalesce(p_percent, r.progress_percent), rows_written = coalesce(p_bars, r.rows_written),
      requests = coalesce(p_requests, r.requests),
      error_code = p_code, error_message = p_message, updated_at = clock_timestamp(),
      worker_id = null, lease_token = null, lease_expires_at = null
    where r.slice_id = p_slice_id and r.lease_token = p_token and r.status = 'running'
    returning r.id, r.arrival, r.priority, r.not_before, r.provider
  )
  insert into job_queue (run_id, arrival, priority, not_before, provider) select * from retried;
  if not found then return false; end if;
  perform announce_runs(p_not_before_ms - (extract(epoch from clock_timestamp()) * 1000)::float8);
  return true;
end $$;

-- Ends a run badly; false when it was not held under the token. How far it came stays as it was reported where it is
-- null.
create function :"schema".fail_run(
  p_slice_id text, p_token text, p_code text, p_message text,
  p_percent real default null, p_bars float8 default null, p_requests float8 default null
) returns boolean
language plpgsql set search_path = :"schema", pg_temp set enable_seqscan = off as $$
begin
  update job_runs r set
    status = 'failed', error_code = p_code, error_message = p_message,
    progress_percent = coalesce(p_percent, r.progress_percent), rows_written = coalesce(p_bars, r.rows_written),
    requests = coalesce(p_requests, r.requests),
    finished_at = clock_timestamp(), updated_at = clock_timestamp(),
    worker_id = null, lease_token = null, lease_expires_at = null
  where r.slice_id = p_slice_id and r.lease_token = p_token and r.status = 'running';
  return found;
end $$;

-- True when a run matches every filter that is not null. A plain expression, so it becomes a part of the query; its
-- names are resolved here and now, so it needs no search path, which would keep it apart.
create function :"schema".run_matches(
  r :"schema".job_runs, p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns boolean
language sql immutable
return (p_ids is null or r.slice_id = any(p_ids))
   and (p_label is null or r.label = p_label)
   and (p_timeframe is null or r.timeframe = p_timeframe)
   and (p_provider is null or r.provider = p_provider)
   and (p_states is null or r.status = any(p_states));

-- The ids of the runs that are queued or running, each once, in no order; found without a look at those that are over.
create view :"schema".job_runs_live as
select r.id from :"schema".job_runs r
where r.status in ('queued', 'running')
  and r.id in (select run_id from :"schema".job_queue union all select unnest(run_ids) from :"schema".job_leases);

-- The runs that are queued or running and match every filter that is not null, in the order in which they would be
-- leased if all were due: the first p_limit of them after the place that is given, all where that is null.
create function :"schema".open_runs(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[],
  p_limit int default null, p_after_priority float8 default null, p_after_arrival float8 default null
) returns table (slice jsonb, priority float8, arrival float8)
language plpgsql stable set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
  return query
    select r.slice, r.priority, r.arrival::float8 from job_runs_live l join job_runs r on r.id = l.id
    where run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
      and (p_after_arrival is null or r.priority < p_after_priority
           or (r.priority = p_after_priority and r.arrival > p_after_arrival))
    order by r.priority desc, r.arrival limit p_limit;
end $$;

-- Cancels queued and running runs that match every filter that is not null; returns how many.
create function :"schema".cancel_runs(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns int
language plpgsql set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  v_live bigint[] = array(
    select r.id from job_runs_live l join job_runs r on r.id = l.id
    where run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
  );
  v_cancelled bigint[];
begin
  -- Locked first, and looked at again: some may have changed hands meanwhile.
  v_live = array(
    select r.id from job_runs r
    where r.id = any(v_live) and r.status in ('queued', 'running') and (p_states is null or r.status = any(p_states))
    order by r.slice_id for update
  );
  with cancelled as (
    update job_runs r set
      status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      worker_id = null, lease_token = null, lease_expires_at = null
    where r.id = any(v_live)
    returning r.id
  )
  select array_agg(c.id) into v_cancelled from cancelled c;
  delete from job_queue where ctid = any(array(
    select q.ctid from job_runs r
    join job_queue q on q.provider = r.provider and q.priority = r.priority and q.arrival = r.arrival
    where r.id = any(v_cancelled)
  ));
  return coalesce(cardinality(v_cancelled), 0);
end $$;

-- Puts failed runs that match every filter that is not null back to the queue, in their places in the line, with their
-- attempts and expiries given back; returns how many. Scans job_runs.
create function :"schema".requeue_runs(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns int
language plpgsql set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  v_failed bigint[];
  v_requeued int;
begin
  v_failed = array(
    select r.id from job_runs r
    where r.status = 'failed' and run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
    order by r.slice_id for update
  );
  with requeued as (
    update job_runs r set
      status = 'queued', attempt = 0, expiries = 0, not_before = '-infinity', finished_at = null,
      updated_at = clock_timestamp()
    where r.id = any(v_failed)
    returning r.id, r.arrival, r.priority, r.not_before, r.provider
  )
  -- One that was made failed by hand while it waited is in the line still; it must not keep all others out of it.
  insert into job_queue (run_id, arrival, priority, not_before, provider) select * from requeued on conflict do nothing;
  v_requeued = cardinality(v_failed);
  if v_requeued > 0 then perform announce_runs(); end if;
  return v_requeued;
end $$;

-- The runs that are running and match every filter that is not null, the longest claimed first.
create function :"schema".running_runs(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns table (slice jsonb, worker_id text, attempt int, since_ms float8, expires_at_ms float8, bars float8)
language plpgsql stable set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
begin
  return query
    select r.slice, r.worker_id, r.attempt, (extract(epoch from r.started_at) * 1000)::float8,
           (extract(epoch from r.lease_expires_at) * 1000)::float8, r.rows_written::float8
    from job_runs_live l join job_runs r on r.id = l.id
    where r.status = 'running' and run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
    order by r.started_at, r.arrival;
end $$;

-- How many runs a label and status has among those that match every filter that is not null, and their bars; in no
-- order. Scans job_runs, unless the filter asks for none but queued and running runs.
create function :"schema".count_runs(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns table (label text, state text, runs float8, bars float8)
language plpgsql stable set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
  if p_states <@ array['queued', 'running'] then
    return query
      select r.label, r.status, count(*)::float8, sum(r.rows_written)::float8
      from job_runs_live l join job_runs r on r.id = l.id
      where run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
      group by r.label, r.status;
  else
    return query
      select r.label, r.status, count(*)::float8, sum(r.rows_written)::float8
      from job_runs r
      where run_matches(r, p_ids, p_label, p_timeframe, p_provider, p_states)
      group by r.label, r.status;
  end if;
end $$;

-- Runs by the id of their row or of their slice, with what went wrong last and, of those that are over, for how long
-- they have been; those that are unknown are left out. By the row's id.
create function :"schema".find_runs(p_row_ids float8[], p_slice_ids text[])
returns table (row_id float8, slice jsonb, state text, error_code text, error_message text, ended_ago_ms float8)
language plpgsql stable set search_path = :"schema", pg_temp set plan_cache_mode = force_custom_plan as $$
begin
  return query
    select r.id::float8, r.slice, r.status, r.error_code, r.error_message,
           greatest(0, extract(epoch from clock_timestamp() - r.finished_at) * 1000)::float8
    from job_runs r
    where r.id = any(p_row_ids::bigint[]) or r.slice_id = any(p_slice_ids)
    order by r.id;
end $$;

-- Deletes runs that have been over for p_older_than_ms or longer, save those that somebody else has in hand; returns
-- how many. Scans job_runs.
create function :"schema".prune_runs(p_older_than_ms float8) returns float8
language plpgsql set search_path = :"schema", pg_temp as $$
declare
  v_pruned bigint;
begin
  delete from job_runs where ctid = any(array(
    select r.ctid from job_runs r
    where r.status in ('success', 'failed', 'cancelled')
      and r.finished_at <= clock_timestamp() - p_older_than_ms * interval '1 millisecond'
    for update skip locked
  ));
  get diagnostics v_pruned = row_count;
  return v_pruned;
end $$;
