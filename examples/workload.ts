import { defineJobs } from "barfill";

/** 61 US symbols in two batches, four timeframes; VIX is an index, of which the stock service knows nothing. */
export const SYMBOLS =
  "A AA AAPL ABTC ACN AI AMAT AMD AMZN APP AVGO AXP BHAT BIT BMNR BRK.A BTDR CRWD DIA DIS DKS FICO GBTC GOOG GOOGL " +
  "GSHD GT HOOD IDXX IWM JNJ JPM LIN LLY MA META MSFT MU NFLX NVDA NXPI ORCL PL PLTR QQQ RTX SLB SMPL SPY TJX " +
  "TMUS TSLA UNH V VIX VOXX VZ WMT XOM ZBH ZIM";

export const JOBS = defineJobs({
  label: "US_BATCH",
  symbols: SYMBOLS.split(" "),
  windowDays: { m15: 90, h1: 365, h4: 180, d1: 730 },
});
