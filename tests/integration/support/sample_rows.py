"""Real-looking rows for a small shop, written in SQL and the same for the same seed."""

from __future__ import annotations

SCHEMA = """
create table if not exists customers (
  id bigint primary key, name text not null, email text not null, city text not null,
  born date not null, created_at timestamptz not null, profile jsonb not null);
create index if not exists customers_email on customers (email);
create table if not exists orders (
  id bigint primary key, customer bigint not null references customers (id),
  token uuid not null, placed_at timestamptz not null, state text not null,
  total numeric(12, 2) not null, note text);
create index if not exists orders_customer on orders (customer, placed_at);
"""

_FIRST = "Amélie Bruno Chloé David Elif Farid Greta Hugo Inès Jean Klára Léa Marc Nora Olga Paul"
_LAST = "Martin Bernard Petit Durand Moreau Laurent Garcia Roux Fournier Girard Bonnet Lambert"
_CITIES = "Paris Lyon Marseille Toulouse Nice Nantes Strasbourg Lille Rennes Reims Grenoble Dijon"
_WORDS = "please deliver before noon ring twice leave parcel with neighbour gift wrap fragile blue"

# The nth word of a list, chosen by a hash of a key: the same on every server and version.
_PICK = "(string_to_array('{words}', ' '))[1 + (hashint8({key}) & 2147483647) % {count}]"


def _pick(words: str, key: str) -> str:
    return _PICK.format(words=words, key=key, count=len(words.split()))


def rows_sql(customers: int, seed: int) -> str:
    """Return SQL that adds this many customers, with three orders each."""
    first, last = _pick(_FIRST, "n * 7 + seed"), _pick(_LAST, "n * 11 + seed")
    city = _pick(_CITIES, "n * 13 + seed")
    state = _pick("new paid packed sent delivered returned", "n * 17 + seed")
    note = " || ' ' || ".join(_pick(_WORDS, f"n * {19 + 2 * i} + seed") for i in range(6))
    return f"""
begin;
with base as (select coalesce(max(id), 0) as top, {seed}::bigint as seed from customers),
numbers as (select top + g as n, seed from base, generate_series(1, {customers}) g),
people as (select n, seed, {first} as first, {last} as last, {city} as city from numbers)
insert into customers
select n, first || ' ' || last, lower(last) || '.' || n || '@example.org', city,
  date '1950-01-01' + (hashint8(n + seed) & 16383), timestamptz '2024-01-01 08:00:00+00'
  + n * interval '97 seconds', jsonb_build_object('city', city, 'visits', n % 97,
  'token', md5((n * seed)::text), 'tags', jsonb_build_array(lower(last), n % 7, n % 2 = 0))
from people;
with base as (select coalesce(max(id), 0) as top, {seed}::bigint as seed from orders),
numbers as (select top + g as n, seed from base, generate_series(1, {customers} * 3) g)
insert into orders
select n, (n + 2) / 3, md5(n::text || seed::text)::uuid,
  timestamptz '2025-01-01 00:00:00+00' + n * interval '31 seconds', {state},
  round(((hashint8(n * 5 + seed) & 1048575) / 100.0)::numeric, 2), {note}
from numbers;
commit;
"""


FINGERPRINT = """
select 'customers', count(*), md5(coalesce(string_agg(c::text, ',' order by id), ''))
from customers c
union all
select 'orders', count(*), md5(coalesce(string_agg(o::text, ',' order by id), ''))
from orders o;
"""
