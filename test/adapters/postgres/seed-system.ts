/** The 61 symbols of the system that barfill replaces. */
export const SEED_SYMBOLS = `
  A AA AAPL ABTC ACN AI AMAT AMD AMZN APP AVGO AXP BHAT BIT BMNR BRK.A BTDR CRWD DIA DIS DKS FICO GBTC GOOG GOOGL GSHD
  GT HOOD IDXX IWM JNJ JPM LIN LLY MA META MSFT MU NFLX NVDA NXPI ORCL PL PLTR QQQ RTX SLB SMPL SPY TJX
  TMUS TSLA UNH V VIX VOXX VZ WMT XOM ZBH ZIM`
  .trim()
  .split(/\s+/);

/** Its monitoring query, to the letter. */
export const SEED_QUERY = `
SELECT jd.symbol,
       COUNT(*) FILTER (WHERE jr.status = 'success') AS success,
       SUM(jr.rows_written) AS total_bars
FROM job_runs jr
JOIN job_definitions jd ON jr.job_def_id = jd.id
WHERE jd.symbol LIKE 'US_BATCH_%'
  AND jr.updated_at > now() - interval '10 minutes'
GROUP BY jd.symbol;
`;
