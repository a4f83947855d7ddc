create schema if not exists "public";
create table if not exists "public".barfill_migrations (
  version    int primary key,
  name       text not null,
  applied_at timestamptz not null default now()
);
-- barfill, migration 1: bars and what is covered. PostgreSQL 14 or later.
-- "public" is the schema's name; psql -v schema=barfill puts it in as barfill does.

-- Everything that makes two bars at the same instant different bars. Byte order, because text is compared by equality
-- alone: a quarter faster than the database's collation.
create table "public".series (
  id         int generated always as identity primary key,
  provider   text collate "C" not null,
  symbol     text collate "C" not null,
  timeframe  text collate "C" not null,
  feed       text collate "C" not null,
  adjustment text collate "C" not null,
  unique (provider, symbol, timeframe, feed, adjustment)
);

-- No foreign key to series: it would be checked once a row, and series are never deleted. Nothing here forbids
-- partitions or a hypertable: the only unique index holds both columns that one may divide by.
create table "public".bars (
  series_id   int not null,
  open_time   timestamptz not null,
  open        double precision not null,
  high        double precision not null,
  low         double precision not null,
  close       double precision not null,
  volume      double precision not null,
  vwap        double precision,
  trade_count int,
  primary key (series_id, open_time)
);

-- Asked and answered to the last page, even where the answer was "no bars". Half-open spans.
create table "public".coverage (
  series_id int primary key,
  spans     tstzmultirange not null
);

-- Symbols that the source refused by name.
create table "public".quarantine (
  provider text collate "C" not null,
  symbol   text collate "C" not null,
  reason   text not null,
  since    timestamptz not null,
  -- Null: until it is lifted.
  until    timestamptz,
  primary key (provider, symbol)
);

-- For people.
create view "public".bars_readable as
select s.provider, s.symbol, s.timeframe, s.feed, s.adjustment,
       b.open_time, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
from "public".bars b
join "public".series s on s.id = b.series_id;

insert into "public".barfill_migrations (version, name) values (1, 'store');
