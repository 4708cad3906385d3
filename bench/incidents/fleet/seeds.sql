create table payments (
    id bigserial primary key,
    reference text not null,
    amount bigint not null check (amount > 0),
    fee bigint not null,
    currency text not null,
    merchant text not null,
    card_last4 text not null,
    created timestamptz not null default now()
);
create table ledger (
    id bigserial primary key,
    reference text not null unique,
    amount bigint not null,
    fee bigint not null,
    written timestamptz not null default now()
);
create table accounts (
    id int primary key,
    owner text not null,
    cents bigint not null
);
insert into payments (reference, amount, fee, currency, merchant, card_last4, created)
select md5('seed' || n), 100 + n % 1900, (100 + n % 1900) / 50, 'EUR', 'merchant-' || n % 50, lpad((n % 10000)::text, 4, '0'),
    timestamptz '2026-01-01' + n * interval '1 minute'
from generate_series(1, 150000) n;
create index payments_reference_idx on payments (reference);
insert into ledger (reference, amount, fee, written)
select reference, amount, fee, created from payments where id <= 5000;
insert into accounts select n, 'owner-' || n, n * 137 from generate_series(1, 1000) n;
grant select, insert on payments to payments;
grant usage on sequence payments_id_seq to payments;
grant select, insert on ledger to ledger;
grant usage on sequence ledger_id_seq to ledger;
grant select on all tables in schema public to operator;
analyze;
