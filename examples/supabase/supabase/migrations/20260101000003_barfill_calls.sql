-- barfill, migration 3: the operations of the store, of the quarantine and of the jobs, and those of the queue for
-- clients that take one value a call. PostgreSQL 14 or later.
-- "public" is the schema's name; psql -v schema=barfill puts it in as barfill does.

-- A client that speaks SQL calls these as one that speaks PostgREST does. PostgREST cuts sets at 1,000 rows and says
-- nothing, so what may be longer comes as one value of type json: written faster than jsonb, and read as fast.

-- The ids of series, of each list the n-th element one series; null for those of which nothing was ever committed. By
-- the unique index of series.
create function "public".find_series(
  p_providers text[], p_symbols text[], p_timeframes text[], p_feeds text[], p_adjustments text[]
) returns int[]
language plpgsql stable set search_path = "public", pg_temp as $$
begin
  return array(
    select s.id
    from unnest(p_providers, p_symbols, p_timeframes, p_feeds, p_adjustments)
      with ordinality as w (provider, symbol, timeframe, feed, adjustment, n)
    left join series s using (provider, symbol, timeframe, feed, adjustment)
    order by w.n
  );
end $$;

-- The same, and adds those that are unknown. Each gets its row of coverage, so that there is something to lock before
-- the first span.
create function "public".ensure_series(
  p_providers text[], p_symbols text[], p_timeframes text[], p_feeds text[], p_adjustments text[]
) returns int[]
language plpgsql set search_path = "public", pg_temp as $$
declare
  v_ids int[] = find_series(p_providers, p_symbols, p_timeframes, p_feeds, p_adjustments);
begin
  if array_position(v_ids, null) is null then return v_ids; end if;
  with added as (
    insert into series (provider, symbol, timeframe, feed, adjustment)
    select w.* from unnest(p_providers, p_symbols, p_timeframes, p_feeds, p_adjustments) as w order by w
    on conflict do nothing
    returning id
  )
  insert into coverage (series_id, spans) select id, '{}' from added on conflict do nothing;
  return find_series(p_providers, p_symbols, p_timeframes, p_feeds, p_adjustments);
end $$;

-- Locks the coverage of every series that a commit touches, adds the spans [start, end) to it, and returns the ids of
-- the series whose bars are fresh: nothing is covered, and no bar is held, from the first to the last of their open
-- times, both included. Of each kind of list the n-th element is one span; bars have one a series.
--
-- The lock makes commits of one series take turns, in the order of their ids. A span that is covered already is not
-- written. One statement: by the primary keys of coverage and bars.
create function "public".settle_coverage(
  p_covered_ids int[], p_starts timestamptz[], p_ends timestamptz[],
  p_bars_ids int[], p_firsts timestamptz[], p_lasts timestamptz[]
) returns int[]
language plpgsql set search_path = "public", pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  v_fresh int[];
begin
  with held as (
    select series_id, spans from coverage
    where series_id = any(p_covered_ids || p_bars_ids) order by series_id for update
  ), settled as (
    insert into coverage as c (series_id, spans)
    select id, range_agg(tstzrange(first, past)) from unnest(p_covered_ids, p_starts, p_ends)
      as covered (id, first, past) group by id order by id
    on conflict (series_id) do update set spans = c.spans + excluded.spans
    where not c.spans @> excluded.spans
  )
  select array_agg(s.id) into v_fresh from unnest(p_bars_ids, p_firsts, p_lasts) as s (id, first, last)
  left join held h on h.series_id = s.id
  where not coalesce(h.spans && tstzrange(s.first, s.last, '[]'), false) and not exists (
    select from bars b where b.series_id = s.id and b.open_time between s.first and s.last
  );
  return coalesce(v_fresh, '{}');
end $$;

-- Writes what is new or changed of the bars, of each list the n-th element one bar, and nothing else: a bar that is
-- held as it is costs a look and no log. Returns how many were inserted and how many revised. The caller holds the lock
-- on their coverage, and names no bar twice.
--
-- By the primary key of bars, as one range a series: p_ids names the series, p_first and p_last bound the times, which
-- also lets the planner leave out partitions. 10,000 rows that are held already, of a million, take 18 ms; without the
-- bounds 405 ms before the first `analyze`, with those of time alone 115 ms, because it scans the table. `on conflict`
-- is for writers that are not barfill; barfill's own wait at the coverage.
create function "public".merge_bars(
  p_series_ids int[], p_open_times timestamptz[], p_opens float8[], p_highs float8[], p_lows float8[],
  p_closes float8[], p_volumes float8[], p_vwaps float8[], p_trade_counts int[],
  p_ids int[], p_first timestamptz, p_last timestamptz
) returns json
language plpgsql set search_path = "public", pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  v_counts json;
begin
  with incoming as (
    select * from unnest(
      p_series_ids, p_open_times, p_opens, p_highs, p_lows, p_closes, p_volumes, p_vwaps, p_trade_counts
    ) as incoming (series_id, open_time, open, high, low, close, volume, vwap, trade_count)
  ), changed as materialized (
    select i.*, b.series_id is not null as held
    from incoming i
    left join bars b on b.series_id = i.series_id and b.open_time = i.open_time
      and b.series_id = any(p_ids) and b.open_time between p_first and p_last
    where b.series_id is null
      or b.open is distinct from i.open or b.high is distinct from i.high or b.low is distinct from i.low
      or b.close is distinct from i.close or b.volume is distinct from i.volume or b.vwap is distinct from i.vwap
      or b.trade_count is distinct from i.trade_count
  ), written as (
    insert into bars (series_id, open_time, open, high, low, close, volume, vwap, trade_count)
    select series_id, open_time, open, high, low, close, volume, vwap, trade_count
    from changed order by series_id, open_time
    on conflict (series_id, open_time) do update set
      open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
      volume = excluded.volume, vwap = excluded.vwap, trade_count = excluded.trade_count
  )
  select json_build_object('inserted', count(*) filter (where not held), 'revised', count(*) filter (where held))
  into v_counts from changed;
  return v_counts;
end $$;

-- A whole commit, for clients that have no transactions: settle_coverage and merge_bars, both or neither.
create function "public".commit_bars(
  p_covered_ids int[], p_starts timestamptz[], p_ends timestamptz[],
  p_bars_ids int[], p_firsts timestamptz[], p_lasts timestamptz[],
  p_series_ids int[], p_open_times timestamptz[], p_opens float8[], p_highs float8[], p_lows float8[],
  p_closes float8[], p_volumes float8[], p_vwaps float8[], p_trade_counts int[],
  p_ids int[], p_first timestamptz, p_last timestamptz
) returns json
language plpgsql set search_path = "public", pg_temp as $$
begin
  perform settle_coverage(p_covered_ids, p_starts, p_ends, p_bars_ids, p_firsts, p_lasts);
  return merge_bars(
    p_series_ids, p_open_times, p_opens, p_highs, p_lows, p_closes, p_volumes, p_vwaps, p_trade_counts,
    p_ids, p_first, p_last
  );
end $$;

-- The covered spans within [p_start, p_end) as [n, start, end] in milliseconds, n counting the series from 1;
-- ascending. By the unique index of series and the primary key of coverage.
create function "public".coverage_of(
  p_providers text[], p_symbols text[], p_timeframes text[], p_feeds text[], p_adjustments text[],
  p_start timestamptz, p_end timestamptz
) returns json
language plpgsql stable set search_path = "public", pg_temp set plan_cache_mode = force_custom_plan
set extra_float_digits = 1 as $$
begin
  return coalesce((
    -- date_part, because extract would compute in numeric, at twice the time.
    select json_agg(json_build_array(
      w.n, round(date_part('epoch', lower(span)) * 1000), round(date_part('epoch', upper(span)) * 1000)
    ) order by w.n, span)
    from unnest(p_providers, p_symbols, p_timeframes, p_feeds, p_adjustments)
      with ordinality as w (provider, symbol, timeframe, feed, adjustment, n)
    join series s using (provider, symbol, timeframe, feed, adjustment)
    join coverage c on c.series_id = s.id
    cross join lateral unnest(c.spans * tstzmultirange(tstzrange(p_start, p_end))) as span
  ), '[]');
end $$;

-- The first p_limit bars that open in [p_start, p_end), ascending, as [open time in milliseconds, open, high, low,
-- close, volume, vwap, trade count]. By the primary key of bars, in its order: before the first `analyze` the planner
-- would sort the whole range for every page, and a million bars on PGlite, where nothing analyzes by itself, took 24 s
-- to read, and take 6 s.
-- extra_float_digits, here and in coverage_of, because JSON is written by it, and a role or a database may have one that
-- rounds: at 0 two thirds come back as 0.666666666666667.
create function "public".read_bars(p_series_id int, p_start timestamptz, p_end timestamptz, p_limit int) returns json
language plpgsql stable set search_path = "public", pg_temp set plan_cache_mode = force_custom_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set extra_float_digits = 1 as $$
begin
  return coalesce((
    select json_agg(json_build_array(
      round(date_part('epoch', b.open_time) * 1000), b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
    ))
    from (
      select * from bars
      where series_id = p_series_id and open_time >= p_start and open_time < p_end
      order by open_time limit p_limit
    ) b
  ), '[]');
end $$;

-- Puts a symbol into quarantine, where p_until is null until it is lifted; false when it was there: it keeps its entry
-- until that one is over.
create function "public".quarantine_symbol(
  p_provider text, p_symbol text, p_reason text, p_since timestamptz, p_until timestamptz
) returns boolean
language plpgsql set search_path = "public", pg_temp as $$
begin
  insert into quarantine as q (provider, symbol, reason, since, until)
  values (p_provider, p_symbol, p_reason, p_since, p_until)
  on conflict (provider, symbol) do update set
    reason = excluded.reason, since = excluded.since, until = excluded.until
  where q.until <= excluded.since;
  return found;
end $$;

-- What a provider has in quarantine, by symbol, what is over included.
create function "public".quarantined_symbols(p_provider text) returns json
language plpgsql stable set search_path = "public", pg_temp as $$
begin
  return coalesce((
    select json_agg(json_build_object(
      'provider', provider, 'symbol', symbol, 'reason', reason,
      'since', round(date_part('epoch', since) * 1000), 'until', round(date_part('epoch', until) * 1000)
    ) order by symbol)
    from quarantine where provider = p_provider
  ), '[]');
end $$;

-- Takes symbols out of quarantine; returns how many were there.
create function "public".lift_symbols(p_provider text, p_symbols text[]) returns int
language plpgsql set search_path = "public", pg_temp as $$
declare
  v_lifted int;
begin
  delete from quarantine where provider = p_provider and symbol = any(array(
    select q.symbol from quarantine q where q.provider = p_provider and q.symbol = any(p_symbols)
    order by q.symbol for update
  ));
  get diagnostics v_lifted = row_count;
  return v_lifted;
end $$;

-- Writes jobs, an array as JSON in which no label and timeframe comes twice; returns how many. Goes along the unique
-- index on symbol and timeframe, so that two that save at once cannot deadlock. Runs of a new job that were queued
-- before it are linked with it: scans job_runs then.
create function "public".save_jobs(p_jobs jsonb) returns int
language plpgsql set search_path = "public", pg_temp as $$
declare
  v_saved int;
  v_new bigint[];
begin
  with saved as (
    insert into job_definitions as d (
      job_type, symbol, timeframe, window_days, priority, enabled, symbols_array, batch_number, total_batches, reask
    )
    select job_type_of(j.timeframe), j.label, j.timeframe, j."windowDays", j.priority, j.enabled, j.symbols,
           j.batch, j.batches, j.reask
    from jsonb_to_recordset(p_jobs) as j (
      label text, timeframe text, "windowDays" int, priority int, enabled boolean, symbols jsonb, batch int,
      batches int, reask jsonb
    )
    order by j.label collate "C", j.timeframe collate "C"
    on conflict (symbol, timeframe) do update set
      job_type = excluded.job_type, window_days = excluded.window_days, priority = excluded.priority,
      enabled = excluded.enabled, symbols_array = excluded.symbols_array, batch_number = excluded.batch_number,
      total_batches = excluded.total_batches, reask = excluded.reask, updated_at = now()
    returning d.id, d.xmax = 0 as is_new
  )
  select count(*), array_agg(s.id) filter (where s.is_new) into v_saved, v_new from saved s;
  if v_new is not null then
    update job_runs r set job_def_id = d.id
    from job_definitions d
    where d.id = any(v_new) and d.symbol = r.label and d.timeframe = r.timeframe and r.id = any(array(
      select u.id from job_runs u join job_definitions n on n.symbol = u.label and n.timeframe = u.timeframe
      where n.id = any(v_new) order by u.slice_id for update of u
    ));
  end if;
  return v_saved;
end $$;

-- The jobs that are enabled, and with p_disabled the others too, in no order.
create function "public".load_jobs(p_disabled boolean) returns json
language plpgsql stable set search_path = "public", pg_temp as $$
begin
  return coalesce((
    select json_agg(json_build_object(
      'label', symbol, 'symbols', symbols_array, 'timeframe', timeframe, 'windowDays', window_days,
      'priority', priority, 'enabled', enabled, 'reask', reask
    ))
    from job_definitions where enabled or p_disabled
  ), '[]');
end $$;

-- Enables or disables the jobs of a label, of all timeframes where none is given; returns how many there are.
create function "public".enable_jobs(p_label text, p_timeframe text, p_enabled boolean) returns int
language plpgsql set search_path = "public", pg_temp as $$
declare
  v_jobs int;
begin
  update job_definitions set enabled = p_enabled, updated_at = now()
  where id = any(array(
    select d.id from job_definitions d
    where d.symbol = p_label and (p_timeframe is null or d.timeframe = p_timeframe)
    order by d.timeframe for update
  ));
  get diagnostics v_jobs = row_count;
  return v_jobs;
end $$;

-- The sets of the queue, each as one value. Clients that take rows take the sets: they come as they are found.

create function "public".lease_runs_json(
  p_worker_id text, p_token text, p_limit int, p_ttl_ms float8, p_provider text, p_ids text[], p_max_running int
) returns json
language sql set search_path = "public", pg_temp as $$
  select coalesce(json_agg(l), '[]')
  from lease_runs(p_worker_id, p_token, p_limit, p_ttl_ms, p_provider, p_ids, p_max_running) l
$$;

create function "public".renew_runs_json(
  p_slice_ids text[], p_tokens text[], p_percents real[], p_bars float8[], p_requests float8[], p_ttls_ms float8[]
) returns json
language sql set search_path = "public", pg_temp as $$
  select coalesce(json_agg(r), '[]') from renew_runs(p_slice_ids, p_tokens, p_percents, p_bars, p_requests, p_ttls_ms) r
$$;

create function "public".open_runs_json(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[],
  p_limit int, p_after_priority float8, p_after_arrival float8
) returns json
language sql stable set search_path = "public", pg_temp as $$
  select coalesce(json_agg(o), '[]')
  from open_runs(
    p_ids, p_label, p_timeframe, p_provider, p_states, p_limit, p_after_priority, p_after_arrival
  ) o
$$;

create function "public".running_runs_json(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns json
language sql stable set search_path = "public", pg_temp as $$
  select coalesce(json_agg(r), '[]') from running_runs(p_ids, p_label, p_timeframe, p_provider, p_states) r
$$;

create function "public".count_runs_json(
  p_ids text[], p_label text, p_timeframe text, p_provider text, p_states text[]
) returns json
language sql stable set search_path = "public", pg_temp as $$
  select coalesce(json_agg(c), '[]') from count_runs(p_ids, p_label, p_timeframe, p_provider, p_states) c
$$;

create function "public".find_runs_json(p_row_ids float8[], p_slice_ids text[]) returns json
language sql stable set search_path = "public", pg_temp as $$
  select coalesce(json_agg(f), '[]') from find_runs(p_row_ids, p_slice_ids) f
$$;

insert into "public".barfill_migrations (version, name) values (3, 'calls');
