-- Calls the orchestrator every minute. Two secrets of the vault say where it is and what opens it:
--   select vault.create_secret('https://<project>.supabase.co', 'barfill_url');
--   select vault.create_secret('<the value of BARFILL_SECRET>', 'barfill_secret');
-- They are read at every tick, so that they may come later, and change.
create extension if not exists pg_cron;
create extension if not exists pg_net;

-- A schedule of the same name is replaced.
select cron.schedule('barfill-tick', '* * * * *', $tick$
  select net.http_post(
    url := (select decrypted_secret from vault.decrypted_secrets where name = 'barfill_url')
      || '/functions/v1/orchestrator?action=tick',
    headers := jsonb_build_object(
      'content-type', 'application/json',
      'authorization', 'Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'barfill_secret')
    ),
    body := '{}'::jsonb,
    -- Longer than a tick works, so that its answer is kept in net._http_response.
    timeout_milliseconds := 65000
  )
$tick$);

-- Runs that have been over for 30 days, and what cron remembers of its own.
select cron.schedule('barfill-prune', '17 3 * * *', $prune$
  select public.prune_runs(extract(epoch from interval '30 days') * 1000);
  delete from cron.job_run_details where end_time < now() - interval '7 days';
$prune$);
