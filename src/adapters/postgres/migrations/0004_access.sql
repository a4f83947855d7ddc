-- barfill, migration 4: who may do what. PostgreSQL 14 or later.
-- :"schema" is the schema's name; psql -v schema=barfill puts it in as barfill does.

-- A function is everybody's to call until that is taken back.
--
-- On Supabase, what is created in `public` is granted to the roles that PostgREST takes on for the public key (anon) and
-- for people who are signed in (authenticated): all of it is taken back, by name, because other tables in the schema are
-- not ours. Row level security without a policy is the second lock: it holds where somebody grants again. The server's
-- key (service_role) passes it, and gets what the operations need; the owner passes it too.
--
-- Only where these roles are: elsewhere row level security would show a role that is not the owner an empty queue and
-- empty coverage, and no error.
do $access$
declare
  v_tables text[] = array[
    $q$:"schema".series$q$, $q$:"schema".bars$q$, $q$:"schema".coverage$q$, $q$:"schema".quarantine$q$,
    $q$:"schema".job_definitions$q$, $q$:"schema".job_runs$q$, $q$:"schema".job_queue$q$, $q$:"schema".job_leases$q$
  ];
  v_ledger text = $q$:"schema".barfill_migrations$q$;
  -- Those beneath the identities too: default privileges are given on them as well.
  v_sequences text = array_to_string(array[
    $q$:"schema".job_runs_arrival$q$,
    pg_get_serial_sequence($q$:"schema".series$q$, 'id'),
    pg_get_serial_sequence($q$:"schema".job_definitions$q$, 'id'),
    pg_get_serial_sequence($q$:"schema".job_runs$q$, 'id')
  ], ', ');
  v_views text[] = array[$q$:"schema".bars_readable$q$, $q$:"schema".job_runs_live$q$];
  v_functions text = array_to_string(array[
    $q$:"schema".job_type_of$q$,
    $q$:"schema".announce_runs$q$, $q$:"schema".listen_runs$q$, $q$:"schema".unlisten_runs$q$,
    $q$:"schema".enqueue_runs$q$, $q$:"schema".taken_slices$q$,
    $q$:"schema".lease_runs$q$, $q$:"schema".lease_runs_json$q$,
    $q$:"schema".renew_runs$q$, $q$:"schema".renew_runs_json$q$,
    $q$:"schema".complete_runs$q$, $q$:"schema".complete_runs_json$q$,
    $q$:"schema".retry_run$q$,
    $q$:"schema".fail_run$q$,
    $q$:"schema".run_matches$q$,
    $q$:"schema".open_runs$q$, $q$:"schema".open_runs_json$q$,
    $q$:"schema".cancel_runs$q$,
    $q$:"schema".requeue_runs$q$,
    $q$:"schema".running_runs$q$, $q$:"schema".running_runs_json$q$,
    $q$:"schema".count_runs$q$, $q$:"schema".count_runs_json$q$,
    $q$:"schema".find_runs$q$, $q$:"schema".find_runs_json$q$,
    $q$:"schema".prune_runs$q$,
    $q$:"schema".find_series$q$,
    $q$:"schema".ensure_series$q$,
    $q$:"schema".settle_coverage$q$,
    $q$:"schema".merge_bars$q$,
    $q$:"schema".commit_bars$q$,
    $q$:"schema".coverage_of$q$,
    $q$:"schema".read_bars$q$,
    $q$:"schema".quarantine_symbol$q$,
    $q$:"schema".quarantined_symbols$q$,
    $q$:"schema".lift_symbols$q$,
    $q$:"schema".save_jobs$q$,
    $q$:"schema".load_jobs$q$,
    $q$:"schema".enable_jobs$q$
  ], ', ');
  v_role text;
  v_name text;
begin
  execute format('revoke all on function %s from public', v_functions);

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
    execute format('revoke all on function %s from %I', v_functions, v_role);
  end loop;

  if v_role is not null then
    -- PostgREST keeps a copy of what there is.
    perform pg_catalog.pg_notify('pgrst', 'reload schema');
  end if;

  if exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
    execute $q$grant usage on schema :"schema" to service_role$q$;
    execute format(
      'grant select, insert, update, delete on table %s to service_role', array_to_string(v_tables, ', ')
    );
    execute format('grant select on table %s to service_role', array_to_string(v_views || v_ledger, ', '));
    execute $q$grant usage on sequence :"schema".job_runs_arrival to service_role$q$;
    execute format('grant execute on function %s to service_role', v_functions);
  end if;
end $access$;
