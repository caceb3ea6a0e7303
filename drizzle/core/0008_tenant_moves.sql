CREATE TABLE "tenant_moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"source_isolation" text NOT NULL,
	"source_server_id" uuid,
	"source_database" text,
	"target_isolation" text NOT NULL,
	"target_server_id" uuid,
	"target_database" text,
	"step" text DEFAULT 'preparing' NOT NULL,
	"abort_requested" boolean DEFAULT false NOT NULL,
	"rows_total" bigint DEFAULT 0 NOT NULL,
	"rows_copied" bigint DEFAULT 0 NOT NULL,
	"paused_ms" integer,
	"failure" text,
	"started_by" uuid,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"source_kept_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "fenced_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenant_moves" ADD CONSTRAINT "tenant_moves_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_moves_running" ON "tenant_moves" USING btree ("tenant_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "tenant_moves_of_tenant" ON "tenant_moves" USING btree ("tenant_id","started_at");--> statement-breakpoint
CREATE INDEX "tenant_moves_kept" ON "tenant_moves" USING btree ("source_kept_until") WHERE source_kept_until is not null;--> statement-breakpoint
-- By hand from here.
grant select, insert, update, delete on tenant_moves to tenantry_runtime;
--> statement-breakpoint
-- A turn that met a fence is begun once more in the other store, and its reservation may stand already.
create or replace function reserve_usage(calls jsonb) returns void language sql as $$
  insert into public.usage_ledger (id, tenant_id, user_id, source, purpose, provider, model, prompt_tokens,
    completion_tokens, cost_micro_usd, status, usage_source, request_id, lease_expires_at)
  select c.id, c.tenant_id, c.user_id, c.source, c.purpose, c.provider, c.model, c.prompt_tokens,
    c.completion_tokens, c.cost_micro_usd, 'reserved', 'estimated', c.request_id,
    clock_timestamp() + interval '90 seconds'
  from jsonb_to_recordset(calls) as c(
    id uuid, tenant_id text, user_id uuid, source text, purpose text, provider text, model text,
    prompt_tokens integer, completion_tokens integer, cost_micro_usd bigint, request_id text)
  on conflict (id) do nothing
$$;
