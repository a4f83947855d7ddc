-- barfill, migration 4: who may do what. PostgreSQL 14 or later.
-- :"schema" is the schema's name; psql -v schema=barfill puts it in as barfill does.

-- Takes back what the server gives away by itself, and gives what the operations need; to be called again by the owner
-- when a table or view was made anew, and for new partitions of bars.
--
-- A function is everybody's to call until that is taken back.
--
-- On Supabase, what is created in `public` is granted to the roles that PostgREST takes on for the public key (anon)
-- and for people who are signed in (authenticated): all of it is taken back, by name, because other tables in the
-- schema are not ours. Row level security without a policy is the second lock: it holds where somebody grants again.
-- The server's key (service_role) passes it, and gets what the operations need; the owner passes it too.
--
-- Only where these roles are: elsewhere row level security would show a role that is not the owner an empty queue and
-- empty coverage, and no error.
create function :"schema".set_access() returns void
language plpgsql set search_path = :"schema", pg_temp as $$
declare
  -- With the partitions of bars, each a table of its own, which has neither the rights nor the security of bars.
  v_tables text[] = array[
    'series', 'bars', 'coverage', 'quarantine', 'job_definitions', 'job_runs', 'job_queue', 'job_leases'
  ] || array(select p.relid::text from pg_partition_tree('bars') p where p.level > 0);
  v_ledger text = 'barfill_migrations';
  -- Those beneath the identities too: default privileges are given on them as well.
  v_sequences text = array_to_string(array[
    'job_runs_arrival',
    pg_get_serial_sequence('series', 'id'),
    pg_get_serial_sequence('job_definitions', 'id'),
    pg_get_serial_sequence('job_runs', 'id')
  ], ', ');
  v_views text[] = array['bars_readable', 'job_runs_live'];
  v_functions text = array_to_string(array[
    'job_type_of', 'need_read_committed',
    'announce_runs', 'listen_runs', 'unlisten_runs',
    'enqueue_runs', 'taken_slices',
    'progress_of',
    'lease_runs', 'lease_runs_json',
    'renew_runs', 'renew_runs_json',
    'complete_runs',
    'retry_run',
    'fail_run',
    'run_matches',
    'open_runs', 'open_runs_json',
    'cancel_runs',
    'requeue_runs',
    'running_runs', 'running_runs_json',
    'count_runs', 'count_runs_json',
    'find_runs', 'find_runs_json',
    'prune_runs',
    'find_series',
    'ensure_series',
    'settle_coverage',
    'merge_bars',
    'commit_bars',
    'coverage_of',
    'read_bars',
    'quarantine_symbol',
    'quarantined_symbols',
    'lift_symbols',
    'save_jobs',
    'load_jobs',
    'enable_jobs'
  ], ', ');
  v_role text;
  v_name text;
begin
  execute format('revoke all on function %s, set_access from public', v_functions);

  for v_role in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
    foreach v_name in array v_tables || v_ledger loop
      execute format('alter table %s enable row level security', v_name);
      execute format('revoke all on table %s from %I', v_name, v_role);
    end loop;
    foreach v_name in array v_views loop
      -- From PostgreSQL 15 on a view can see as the one who asks, not as its owner.
      if current_setting('server_version_num')::int >= 150000 then
        execute format('alter view %s set (security_invoker = on)', v_name);
      end if;
      execute format('revoke all on table %s from %I', v_name, v_role);
    end loop;
    execute format('revoke all on sequence %s from %I', v_sequences, v_role);
    execute format('revoke all on function %s, set_access from %I', v_functions, v_role);
  end loop;

  if v_role is not null then
    -- PostgREST keeps a copy of what there is.
    perform pg_catalog.pg_notify('pgrst', 'reload schema');
  end if;

  if exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
    execute format('grant usage on schema %I to service_role', current_schema());
    execute format(
      'grant select, insert, update, delete on table %s to service_role', array_to_string(v_tables, ', ')
    );
    execute format('grant select on table %s to service_role', array_to_string(v_views || v_ledger, ', '));
    execute 'grant usage on sequence job_runs_arrival to service_role';
    execute format('grant execute on function %s to service_role', v_functions);
  end if;
end $$;

select :"schema".set_access();
