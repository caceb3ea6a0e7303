CREATE TABLE "sign_in_tries" (
	"key" text PRIMARY KEY NOT NULL,
	"began_at" timestamp with time zone NOT NULL,
	"spent" integer NOT NULL,
	"succeeded_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "sign_in_tries_began" ON "sign_in_tries" USING btree ("began_at");
--> statement-breakpoint
-- By hand from here.
grant select, insert, update, delete on sign_in_tries to tenantry_runtime;
--> statement-breakpoint
-- Counts a try in the key's window of 15 minutes. The database's clock decides for all replicas; were it set back, a
-- window that began in what is now the future begins now.
create function count_sign_in_try(counted_key text, tries_max integer)
returns table (spent integer, ends_in_ms integer, succeeded_at timestamptz) language sql as $$
  insert into public.sign_in_tries as t (key, began_at, spent) values (counted_key, clock_timestamp(), 1)
  on conflict (key) do update set
    began_at = case when t.began_at > clock_timestamp() - interval '15 minutes'
      then least(t.began_at, clock_timestamp()) else clock_timestamp() end,
    spent = case when t.began_at > clock_timestamp() - interval '15 minutes'
      then least(t.spent, tries_max) + 1 else 1 end
  returning t.spent,
    ceil(extract(epoch from t.began_at + interval '15 minutes' - clock_timestamp()) * 1000)::integer,
    t.succeeded_at
$$;
--> statement-breakpoint
-- Takes a try before the password is looked at, so that of many at once no more than the maximum are. What is refused
-- by one count is not counted by the next. Rows are locked in one order (pair, address, account), so none waits for ever.
create function take_sign_in_try(pair text, address text, account text, pair_max integer, address_max integer)
returns table (refused_by text, spent integer, ends_in_ms integer, is_known boolean, account_spent integer)
language plpgsql as $$
declare counted record;
begin
  select * into counted from public.count_sign_in_try(pair, pair_max);
  is_known := coalesce(counted.succeeded_at > clock_timestamp() - interval '30 days', false);
  spent := least(counted.spent, pair_max);
  ends_in_ms := counted.ends_in_ms;
  account_spent := 0;
  if counted.spent > pair_max then
    refused_by := 'account_and_address';
    return next;
    return;
  end if;
  select * into counted from public.count_sign_in_try(address, address_max);
  if counted.spent > address_max and not is_known then
    update public.sign_in_tries t set spent = greatest(t.spent - 1, 0) where t.key = pair;
    refused_by := 'address';
    spent := address_max;
    ends_in_ms := counted.ends_in_ms;
    return next;
    return;
  end if;
  select * into counted from public.count_sign_in_try(account, 1000000);
  account_spent := counted.spent;
  return next;
end $$;
--> statement-breakpoint
-- Gives a try back that was no wrong guess. A sign-in also forgets what this account got wrong from this address.
create function give_back_sign_in_try(pair text, address text, account text, has_succeeded boolean)
returns void language plpgsql as $$
begin
  update public.sign_in_tries t set
    spent = case when has_succeeded then 0 else greatest(t.spent - 1, 0) end,
    succeeded_at = case when has_succeeded then clock_timestamp() else t.succeeded_at end
  where t.key = pair;
  update public.sign_in_tries t set spent = greatest(t.spent - 1, 0) where t.key = address;
  update public.sign_in_tries t set spent = greatest(t.spent - 1, 0) where t.key = account;
end $$;
