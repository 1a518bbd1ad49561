-- A shop with names, addresses, texts and amounts that look like those of a real one.
CREATE TABLE words (n int PRIMARY KEY, first text, last text, town text, thing text);
INSERT INTO words
SELECT n,
       (ARRAY['Anna','Bruno','Chloé','David','Elif','Farid','Greta','Hugo','Ines','Jonas','Karin','Luc',
              'Mina','Noé','Olga','Paul'])[1 + n % 16],
       (ARRAY['Martin','Schmidt','Rossi','Novak','Dubois','Garcia','Silva','Jansen','Kowalski','Lind',
              'Moreau','Nagy','Olsen','Petit','Romano','Weber'])[1 + (n * 7) % 16],
       (ARRAY['Lyon','Köln','Torino','Brno','Lille','Sevilla','Porto','Gent','Gdańsk','Malmö','Nantes',
              'Szeged','Bergen','Dijon','Bari','Ulm'])[1 + (n * 11) % 16],
       (ARRAY['lamp','chair','table','shelf','carpet','mirror','clock','vase','candle','cushion','basket',
              'bench','stool','frame','blanket','kettle'])[1 + (n * 13) % 16]
FROM generate_series(0, 255) AS n;

CREATE TABLE customers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  mail text NOT NULL UNIQUE,
  town text NOT NULL,
  born date NOT NULL,
  settings jsonb NOT NULL
);
INSERT INTO customers (name, mail, town, born, settings)
SELECT a.first || ' ' || b.last, lower(a.first || '.' || b.last || i || '@example.org'), c.town,
       date '1940-01-01' + (random() * 24000)::int,
       jsonb_build_object('language', (ARRAY['fr','de','it','en'])[1 + i % 4], 'newsletter', i % 3 = 0,
                          'seen', now() - random() * interval '900 days')
FROM generate_series(1, 60000) AS i
JOIN words AS a ON a.n = (i * 31) % 256
JOIN words AS b ON b.n = (i * 17 + i / 256) % 256
JOIN words AS c ON c.n = (i * 5 + i / 1000) % 256;

CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  placed timestamptz NOT NULL DEFAULT clock_timestamp(),
  customer uuid NOT NULL REFERENCES customers,
  item text NOT NULL,
  amount numeric(10, 2) NOT NULL,
  note text
);
INSERT INTO orders (placed, customer, item, amount, note)
SELECT now() - random() * interval '700 days', c.id, w.thing || ' ' || (i % 97),
       (random() * 900)::numeric(10, 2),
       CASE WHEN i % 5 = 0 THEN 'leave it with ' || w.first || ', ref ' || md5(i::text) END
FROM generate_series(1, 400000) AS i
JOIN words AS w ON w.n = i % 256
JOIN (SELECT id, row_number() OVER () AS r FROM customers) AS c ON c.r = 1 + (i::bigint * 7919) % 60000;
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_placed ON orders (placed);
ANALYZE;
